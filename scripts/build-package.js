/**
 * Makes of the compiled modules in `build/` what the package ships in `dist/`:
 *
 *   cjs/words.js   errors and options, which everything knows, as CommonJS
 *   cjs/engine.js  the engine, over them
 *   cjs/           each entry over both, with its types
 *   esm/           the same entries under their names as ES modules: one implementation, however it is loaded
 *   program/       the shell over it, in as few files as it loads at a time: a hundred modules cost 60 ms to find and read
 *   page/          the live page, from `web/`: a script, a style and what they stand in
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, transform } from "esbuild";

const MODULES = "build";
const PACKAGE = "dist";
/** Modules that others import. */
const ENTRIES = ["index", "level"];
/** The files that several others share: which modules are in each, and which of them others use. */
const SHARED = {
  words: { has: (module) => WORDS.includes(module), used: new Set() },
  engine: { has: (module) => !WORDS.includes(module) && !isAbove(module), used: new Set() },
};
/** What the shell needs before it knows whether it needs the engine. */
const WORDS = ["errors.js", "options.js"].map((path) => resolve(MODULES, path));
/** What lies above the engine. */
const ABOVE = ["index.js", "level.js", "adapters", "cli", "tools"].map((path) => resolve(MODULES, path));
/** Loads abstract-level for the entry `level`. */
const PEER = resolve("scripts/require-abstract-level.cjs");

/** Short names are for the file alone: who prints a database, or catches an error of ours, reads what its class is called. */
const NAME_CLASSES =
  "for(const names of Object.values(module.exports))for(const [name,value] of Object.entries(names))" +
  'if(typeof value==="function"&&value.name!==name)Object.defineProperty(value,"name",{value:name});';

const RELATIVE_IMPORT = /((?:from|import\()\s*")(\.[^"]*)\.ts"/g;

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  // Node.js shows the line that an uncaught error was thrown on.
  lineLimit: 120,
  logLevel: "error",
};

await embedThread();
await bundleEntries();
await bundleProgram();
await bundlePage();
await bundleShared("engine");
await bundleShared("words");
await shortenLocalNames();
await writeModules();

/** The background thread's program becomes text in a module, so that it starts the same from ES modules, CommonJS and other people's bundles. */
async function embedThread() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join(MODULES, "engine/thread-main.js")],
    minifyIdentifiers: true,
    write: false,
    format: "cjs",
  });
  const [program] = outputFiles;
  if (program === undefined) throw new Error("esbuild wrote no program");
  const module = join(MODULES, "engine/thread-source.js");
  writeFileSync(module, `export const THREAD_SOURCE = ${JSON.stringify(program.text)};\n`);
}

async function bundleEntries() {
  await build({
    ...common,
    entryPoints: ENTRIES.map((name) => join(MODULES, `${name}.js`)),
    outdir: join(PACKAGE, "cjs"),
    format: "cjs",
    plugins: [linkTo(".", ["words", "engine"])],
  });
  writeFileSync(join(PACKAGE, "cjs/package.json"), '{ "type": "commonjs" }\n');
}

/** In pieces, which only the bundler's ES modules can be, that become CommonJS: those load a fifth faster. */
async function bundleProgram() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join(MODULES, "cli/main.js")],
    outdir: join(PACKAGE, "program"),
    minifyIdentifiers: true,
    format: "esm",
    splitting: true,
    write: false,
    // The program's own dependencies, which it seldom needs. The others are on the way to the prompt.
    external: ["cli-progress", "readline-sync"],
    // Anew for each module that imports it: then each piece has it as variables of its own, and none consists of it alone.
    plugins: [linkTo("../cjs", ["words", "engine"], (importer) => `?${importer}`)],
  });
  mkdirSync(join(PACKAGE, "program"), { recursive: true });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: "cjs",
      target: common.target,
      minify: true,
      lineLimit: common.lineLimit,
      supported: { "dynamic-import": false },
      define: { "import.meta.url": "moduleUrl" },
      banner: text.includes("import.meta.url")
        ? 'const moduleUrl = require("node:url").pathToFileURL(__filename);'
        : "",
    });
    writeFileSync(path, code);
  }
  writeFileSync(join(PACKAGE, "program/package.json"), '{ "type": "commonjs" }\n');
}

/** Browsers load it from the program alone, so that all it needs is in it, with the licences that ask to be passed on. */
async function bundlePage() {
  const page = join(PACKAGE, "page");
  const { metafile } = await build({
    entryPoints: ["web/main.tsx", "web/page.css"],
    entryNames: "page",
    outdir: page,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome111", "firefox113", "safari16.4"],
    metafile: true,
    logLevel: "error",
  });
  for (const name of ["index.html", "icon.svg"]) copyFileSync(join("web", name), join(page, name));
  const packages = Object.keys(metafile.inputs).flatMap((path) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const licences = [...new Set(packages)].map((path) => `${path}\n\n${readFileSync(join(path, "LICENSE"), "utf8")}`);
  writeFileSync(join(page, "licenses.txt"), licences.join("\n"));
}

/**
 * Leaves out of a bundle what belongs to shared files, to be found in `folder` instead, and notes what is used of them.
 * What has the same suffix is one module of the bundle.
 */
function linkTo(folder, names, suffixFor = (_importer) => "") {
  return {
    name: "shared",
    setup(bundle) {
      bundle.onResolve({ filter: /^\.\.?\//, namespace: "file" }, ({ path, resolveDir, kind, importer }) => {
        const module = resolve(resolveDir, path);
        const name = names.find((name) => SHARED[name].has(module));
        if (name === undefined || kind === "entry-point" || !resolveDir.startsWith(resolve(MODULES))) return undefined;
        SHARED[name].used.add(module);
        return { path: module, suffix: suffixFor(importer), namespace: "shared", pluginData: `${folder}/${name}.js` };
      });
      // By `require` also into ES modules: an import looks through all of a CommonJS file for names, 40 ms for the engine.
      // And into variables: what is used per entry would else be asked of an object each time.
      bundle.onLoad({ filter: /./, namespace: "shared" }, async ({ path, pluginData: file }) => {
        const exported = Object.keys(await import(pathToFileURL(path).href)).join(", ");
        return { contents: `export const { ${exported} } = require("${file}").${nameOf(path)};` };
      });
      bundle.onResolve({ filter: /./, namespace: "shared" }, ({ path }) => ({ path, external: true }));
      bundle.onResolve({ filter: /^abstract-level$/ }, ({ importer }) =>
        importer === PEER ? { path: "abstract-level", external: true } : { path: PEER },
      );
    },
  };
}

/** Of a module in a shared file. Modules may export the same name, such as that of a size which each has its own of. */
function nameOf(module) {
  return relative(resolve(MODULES), module)
    .replace(/\.js$/, "")
    .replace(/[^A-Za-z0-9]/g, "_");
}

function isAbove(module) {
  return ABOVE.some((above) => module.startsWith(above));
}

async function bundleShared(name) {
  const modules = [...SHARED[name].used].sort();
  await build({
    ...common,
    stdin: {
      contents: modules.map((module) => `export * as ${nameOf(module)} from ${JSON.stringify(module)};`).join("\n"),
      resolveDir: ".",
    },
    outfile: join(PACKAGE, `cjs/${name}.js`),
    minifyIdentifiers: true,
    footer: { js: NAME_CLASSES },
    format: "cjs",
    plugins: name === "words" ? [] : [linkTo(".", ["words"])],
  });
}

/**
 * A fifth less to ship and to read. Functions and classes keep the names of their sources, which objects and stacks show:
 * the bundler takes them for global, as it is not told that the files are modules.
 */
async function shortenLocalNames() {
  for (const name of ["engine", "level"]) {
    const file = join(PACKAGE, `cjs/${name}.js`);
    const { code } = await transform(readFileSync(file, "utf8"), {
      minifyIdentifiers: true,
      minifyWhitespace: true,
      lineLimit: common.lineLimit,
    });
    writeFileSync(file, code);
  }
}

/** ES modules that show the names of the CommonJS ones, and the types of both. */
async function writeModules() {
  mkdirSync(join(PACKAGE, "esm"), { recursive: true });
  for (const name of ENTRIES) {
    const names = Object.keys(await import(pathToFileURL(join(MODULES, `${name}.js`)).href));
    writeFileSync(join(PACKAGE, `esm/${name}.js`), name === "level" ? levelModule(names) : moduleOf(name, names));
    writeFileSync(join(PACKAGE, `esm/${name}.d.ts`), `export * from "../cjs/${name}.js";\n`);
    for (const types of typesReachedFrom(join(MODULES, `${name}.d.ts`))) {
      copyTypes(types, join(PACKAGE, "cjs", relative(MODULES, types)));
    }
  }
}

function moduleOf(name, names) {
  return `export { ${names.join(", ")} } from "../cjs/${name}.js";\n`;
}

/**
 * Loading `level` fails where abstract-level is missing. Node.js 20 ends the process for what a CommonJS module throws
 * while an ES module loads it, caught or not, so it is the ES module that throws.
 */
function levelModule(names) {
  writeFileSync(
    join(PACKAGE, "cjs/level-or-error.js"),
    'try { module.exports = require("./level.js"); } catch (error) { module.exports = { error }; }\n',
  );
  return `import level from "../cjs/level-or-error.js";
if (level.error !== undefined) throw level.error;
export const { ${names.join(", ")} } = level;
`;
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
