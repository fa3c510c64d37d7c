/** Bundles src to dist (commands, worker), writes the oclif manifest and the JSON Schema of experiment files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin } from "@oclif/core/config";
import { build as esbuild } from "esbuild";
import { generate } from "./generate.ts";

const root = join(import.meta.dirname, "..");

function commands(): string[] {
  return readdirSync(join(root, "src", "commands"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `src/commands/${name}`);
}

export async function build(): Promise<void> {
  generate();
  rmSync(join(root, "dist"), { recursive: true, force: true });
  await esbuild({
    absWorkingDir: root,
    entryPoints: [...commands(), "src/worker.ts"],
    outbase: "src",
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    packages: "external",
    chunkNames: "[name]-[hash]",
    sourcemap: true,
    logLevel: "warning",
  });
  await writeManifest();
  await writeSchema();
}

/** experiments/schema/ is committed, so that an editor completes before anything is built. */
async function writeSchema(): Promise<void> {
  const { experimentJsonSchema } = await import("../src/experiments/json-schema.ts");
  const text = `${JSON.stringify(await experimentJsonSchema(), null, 2)}\n`;
  const file = join(root, "experiments", "schema", "experiment.schema.json");
  mkdirSync(join(root, "experiments", "schema"), { recursive: true });
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

/** What `oclif manifest` writes, without its package: with it no command is imported to print help. */
async function writeManifest(): Promise<void> {
  const file = join(root, "oclif.manifest.json");
  rmSync(file, { force: true });
  const plugin = new Plugin({ root, type: "core", ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  writeFileSync(file, `${JSON.stringify(plugin.manifest)}\n`);
}

if (process.argv[1] === import.meta.filename) await build();
