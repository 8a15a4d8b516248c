// Prints "N passed, N failed[, N skipped]" over vitest's JSON results in a directory, and fails when anything failed.
// Arguments: the directory, and the exit status of the command that ran the tests.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [directory = "", status = "1"] = process.argv.slice(2);

let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of readdirSync(directory)) {
  const results = JSON.parse(readFileSync(join(directory, name), "utf8"));
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  skipped += results.numPendingTests + results.numTodoTests;
  // A test file that could not be loaded, or whose set-up failed, has failed although none of its tests has.
  for (const file of results.testResults) {
    const failures = file.assertionResults.filter((test) => test.status === "failed");
    if (file.status === "failed" && failures.length === 0) failed++;
  }
}
if (status !== "0" && failed === 0) {
  console.error(`a step other than a test failed with status ${status}`);
  failed++;
}
if (status === "0" && passed === 0) {
  console.error("no test ran");
  failed++;
}
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 ? 0 : 1;
