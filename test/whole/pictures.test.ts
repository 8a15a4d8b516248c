import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const hasScript = spawnSync("script", ["-qfec", "true", "/dev/null"]).status === 0;
if (!hasScript) console.warn("without util-linux's script the picture of a session is not compared");

test.skipIf(!hasScript)("the README's picture of a session shows what the program shows", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/picture-terminal.js", "--check"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(readFileSync(`${PROJECT}README.md`, "utf8")).toContain("(docs/pictures/first-session.svg)");
});
