import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { PROGRAM, RunningProgram, startShell } from "./shell-program.ts";

const anywhere = process.cwd();

describe("simulate prints what the reference's simulator does", () => {
  test.each([
    ["simple", "55bb6aa7359b4eb7e5cace50ff3a006ce9d892e517fb842eefbfbf8bd5df638b"],
    ["simple --dump-real-id", "bb204fc6f2a96a268c93f491a11711c8d52a9163708f0b982211e048681fab8d"],
    ["simple --size-only", "5427e4c402bed80728249de568dd8b79be089164b0ae49601aab530e4beca805"],
    ["tiered", "01a54964dc171fea57ae2cec946d507e873d491f6bb6180e44d72c020bff1fb5"],
    ["tiered --num-tiers 3 --iterations 20", "c74543280a84cf8f7922edaff4cceef4763ce61f786cf2f381094420295a24dd"],
    ["tiered --num-tiers 5", "829fa1b8c776e09d65421e0967b71dabe851ca7efb6baf8a1b6451e48652a838"],
    ["leveled", "3f5323d5178397597837baab04ef8698722d039e1170bcf75893214198a8d1b7"],
    ["leveled --size-only", "f862b233c7d95f93797b2fd48e6ee153b5673d0bd0d3a8227a6274237fe82ce3"],
    ["leveled --seed 7 --iterations 200", "4c7773d4b3e6362b96e5d806f59e215dba79e5a96314da4d8022a427a1e13443"],
  ])("%s", async (words, sha256) => {
    const { stdout, ...rest } = await startShell(anywhere, "simulate", ...words.split(" ")).finish();
    expect(createHash("sha256").update(stdout).digest("hex")).toBe(sha256);
    expect(rest).toEqual({ stderr: "", exitCode: 0, signal: null });
  });
});

test("simulate ends without a word when its reader has seen enough", async () => {
  const line = `"$0" "$1" simulate simple --iterations 4000000000 | head -n 1; echo "status \${PIPESTATUS[0]}"`;
  const program = new RunningProgram("bash", ["-c", line, process.execPath, PROGRAM], anywhere);
  expect(await program.finish()).toEqual({
    stdout: "=== Iteration 0 ===\nstatus 0\n",
    stderr: "",
    exitCode: 0,
    signal: null,
  });
});

test("simulate waits for a reader that is slow", async () => {
  const line = `"$0" "$1" simulate leveled --seed 7 --iterations 200 | { read -r first; wc -c; }`;
  const program = new RunningProgram("bash", ["-c", line, process.execPath, PROGRAM], anywhere);
  const { stdout, stderr } = await program.finish();
  expect({ bytes: Number(stdout) + "Seed: 7\n".length, stderr }).toEqual({ bytes: 738_144, stderr: "" });
});

test("simulate with options that never come to rest ends with exit code 2", async () => {
  const { stdout, stderr, exitCode } = await startShell(anywhere, "simulate", "tiered", "--num-tiers", "1").finish();
  expect(stdout).toMatch(/^=== Iteration 0 ===\n/);
  expect({ stderr, exitCode }).toEqual({
    stderr: "error: compaction does not converge? 3 of one flush\n",
    exitCode: 2,
  });
});
