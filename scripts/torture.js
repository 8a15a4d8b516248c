/** Bundles the torture programs, which are TypeScript, and runs them: `npm run torture -- --hours 8`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const directory = new URL("../", import.meta.url);
const bundle = fileURLToPath(new URL("build/torture/main.mjs", directory));

await build({
  entryPoints: [fileURLToPath(new URL("test/torture/main.ts", directory))],
  outfile: bundle,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  sourcemap: true,
  logLevel: "error",
});

const torture = spawn(process.execPath, ["--enable-source-maps", bundle, ...process.argv.slice(2)], {
  stdio: "inherit",
});
// Ctrl-C reaches both; the one that counts says when it is over.
process.on("SIGINT", () => {});
torture.on("close", (code) => {
  process.exitCode = code ?? 1;
});
