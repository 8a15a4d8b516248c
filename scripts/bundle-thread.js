/**
 * Puts the background thread's program, with all it imports, as text into `thread-source.js` of a build, so that the
 * thread starts the same from ES modules, CommonJS and other people's bundles.
 *
 *   node scripts/bundle-thread.js [DIST]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const dist = process.argv[2] ?? "dist";
const { outputFiles } = await build({
  entryPoints: [join(dist, "engine/thread-main.js")],
  bundle: true,
  write: false,
  platform: "node",
  format: "cjs",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
});
const [program] = outputFiles;
if (program === undefined) throw new Error("esbuild wrote no program");
writeFileSync(join(dist, "engine/thread-source.js"), `export const THREAD_SOURCE = ${JSON.stringify(program.text)};\n`);
