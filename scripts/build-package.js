/**
 * Makes of the compiled modules in `build/` what the package ships in `dist/`:
 *
 *   cjs/      the library as one CommonJS file, with its types
 *   esm/      the same library under its names as an ES module: one implementation, however it is loaded
 *   program/  the shell, in as few files as it loads at a time: a hundred modules cost 60 ms to find and read
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const MODULES = "build";
const PACKAGE = "dist";
/** Modules that others import, and what they may find in a project without it. */
const ENTRIES = ["index"];

const RELATIVE_IMPORT = /((?:from|import\()\s*")(\.[^"]*)\.ts"/g;

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "error",
};

await embedThread();
await bundleLibrary();
await bundleProgram();

/** The background thread's program becomes text in a module, so that it starts the same from ES modules, CommonJS and other people's bundles. */
async function embedThread() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join(MODULES, "engine/thread-main.js")],
    write: false,
    format: "cjs",
  });
  const [program] = outputFiles;
  if (program === undefined) throw new Error("esbuild wrote no program");
  const module = join(MODULES, "engine/thread-source.js");
  writeFileSync(module, `export const THREAD_SOURCE = ${JSON.stringify(program.text)};\n`);
}

async function bundleLibrary() {
  await build({
    ...common,
    entryPoints: ENTRIES.map((name) => join(MODULES, `${name}.js`)),
    outdir: join(PACKAGE, "cjs"),
    format: "cjs",
  });
  mkdirSync(join(PACKAGE, "esm"), { recursive: true });
  writeFileSync(join(PACKAGE, "cjs/package.json"), '{ "type": "commonjs" }\n');
  for (const name of ENTRIES) {
    const names = Object.keys(await import(pathToFileURL(join(MODULES, `${name}.js`)).href));
    writeFileSync(join(PACKAGE, `esm/${name}.js`), `export { ${names.join(", ")} } from "../cjs/${name}.js";\n`);
    for (const types of typesReachedFrom(join(MODULES, `${name}.d.ts`))) {
      for (const kind of ["cjs", "esm"]) copyTypes(types, join(PACKAGE, kind, relative(MODULES, types)));
    }
  }
}

async function bundleProgram() {
  await build({
    ...common,
    entryPoints: [join(MODULES, "cli/main.js")],
    outdir: join(PACKAGE, "program"),
    format: "esm",
    splitting: true,
    // CommonJS packages that are bundled ask for Node's modules by `require`.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  });
}

/** The compiler leaves the names of sources in declarations; what is shipped has the names of what is shipped. */
function copyTypes(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, readFileSync(from, "utf8").replaceAll(RELATIVE_IMPORT, '$1$2.js"'));
}

/** Declaration files that the given one imports, itself included. */
function typesReachedFrom(file, reached = new Set()) {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const [, , specifier = ""] of readFileSync(file, "utf8").matchAll(RELATIVE_IMPORT)) {
    typesReachedFrom(join(dirname(file), `${specifier}.d.ts`), reached);
  }
  return reached;
}
