/** Bundles src to dist (commands, worker), writes the oclif manifest and the JSON Schemas of experiment and gate files. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin } from "@oclif/core/config";
import { type Plugin as EsbuildPlugin, build as esbuild } from "esbuild";
import { generate } from "./generate.ts";

const root = join(import.meta.dirname, "..");

function commands(): string[] {
  return readdirSync(join(root, "src", "commands"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `src/commands/${name}`);
}

/**
 * Packages that stay outside of the bundle: those with binaries of their own, CommonJS ones that are imported when they
 * are needed, of which a bundle would give the default export alone, and one that Ink has no need of outside its own development.
 */
const OUTSIDE = ["koffi", "@duckdb/node-api", "@resvg/resvg-js", "@tensorflow/*", "react-devtools-core"];

/** What CommonJS packages in an ES module expect to find. */
const BANNER = `import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** zod's messages in English alone: those of all languages are a third of what a command would load. */
const englishOnly: EsbuildPlugin = {
  name: "english-only",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** Ink's layout engine would fetch its WebAssembly, a text beside it; for that Node loads an HTTP client, 80 ms of CPU before the first frame. */
const decodeYoga: EsbuildPlugin = {
  name: "decode-yoga",
  setup({ onLoad }) {
    onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll('"function"!=typeof fetch', "true"),
    }));
  },
};

export async function build(): Promise<void> {
  generate();
  const { metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: [...commands(), "src/cli/main.ts", "src/cli/command-not-found.ts", "src/worker.ts"],
    outbase: "src",
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: OUTSIDE,
    plugins: [englishOnly, decodeYoga],
    define: { "process.env.NODE_ENV": '"production"' }, // of React
    banner: { js: BANNER },
    chunkNames: "[name]-[hash]",
    sourcemap: true,
    logLevel: "warning",
    metafile: true,
  });
  const page = copyPage();
  removeStale([...Object.keys(metafile.outputs), ...page]);
  await writeManifest();
  await writeSchema();
}

/** The page's files go to the browser as they are. @returns those that were written, from the root */
function copyPage(): string[] {
  const from = join(root, "src", "serving", "page", "assets");
  cpSync(from, join(root, "dist", "page"), { recursive: true });
  return readdirSync(from).map((name) => `dist/page/${name}`);
}

/** What an earlier build left; after the new files are there, so that a command that runs meanwhile finds its own. */
function removeStale(outputs: readonly string[]): void {
  for (const name of readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" })) {
    if (/\.(js|map)$/.test(name) && !outputs.includes(`dist/${name.replaceAll("\\", "/")}`))
      rmSync(join(root, "dist", name));
  }
}

/** experiments/schema/ is committed, so that an editor completes before anything is built. */
async function writeSchema(): Promise<void> {
  const { experimentJsonSchema, gateJsonSchema } = await import("../src/experiments/json-schema.ts");
  const { declarationJsonSchema } = await import("../src/lake/learning/json-schema.ts");
  const { cardJsonSchema } = await import("../src/reports/card/declared.ts");
  const { monitorJsonSchema } = await import("../src/monitoring/json-schema.ts");
  const folder = join(root, "experiments", "schema");
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of [
    ["experiment", await experimentJsonSchema()],
    ["gate", await gateJsonSchema()],
    ["monitor", await monitorJsonSchema()],
    ["card", cardJsonSchema()],
    ["lake", declarationJsonSchema()],
  ] as const) {
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    const file = join(folder, `${name}.schema.json`);
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
  }
}

/** What `oclif manifest` writes, without its package: with it no command is imported to print help. */
async function writeManifest(): Promise<void> {
  const file = join(root, "oclif.manifest.json");
  const plugin = new Plugin({ root, type: "core", ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  writeFileSync(`${file}.new`, `${JSON.stringify(plugin.manifest)}\n`);
  renameSync(`${file}.new`, file);
}

if (process.argv[1] === import.meta.filename) await build();
