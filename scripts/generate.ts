/**
 * Writes src/<room>/index.ts for the rooms whose files are found by name, so that a new family, step, metric or gate rule is
 * one new file, and src/core/build.ts. Run by `npm run build` and before the tests; the result is git-ignored.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { codeVersion } from "./code-version.ts";

const root = join(import.meta.dirname, "..", "src");
const HEAD = "// Written by scripts/generate.ts; do not edit.\n";

function ids(room: string): string[] {
  return readdirSync(join(root, room), { withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith(".ts") && e.name !== "index.ts" && !e.name.startsWith("_"))
    .map((e) => basename(e.name, ".ts"))
    .sort();
}

function lazy(room: string, type: string, from: string, name: string, index: string): string {
  const lines = ids(room).map((id) => `  "${id}": async () => (await import("./${id}.ts")).${name} as ${type},`);
  const core = `${"../".repeat(room.split("/").length)}core`;
  return `${HEAD}import type { ${type} } from "${core}/${from}.ts";\n\nexport const ${index}: Readonly<Record<string, () => Promise<${type}>>> = {\n${lines.join("\n")}\n};\n`;
}

function eager(room: string): string {
  const names = ids(room);
  const imports = names.map((id, i) => `import { metrics as m${i} } from "./${id}.ts";`);
  return `${HEAD}import type { Metric } from "../core/metric.ts";\n${imports.join("\n")}\n\nexport const metrics: readonly Metric[] = [${names.map((_, i) => `...m${i}`).join(", ")}];\n`;
}

function build(): string {
  const { version } = JSON.parse(readFileSync(join(root, "..", "package.json"), "utf8")) as { version: string };
  return `${HEAD}export const VERSION = "${version}";\nexport const CODE_VERSION = "${codeVersion(root)}";\n`;
}

function write(file: string, text: string): void {
  let old = "";
  try {
    old = readFileSync(file, "utf8");
  } catch {}
  if (old !== text) writeFileSync(file, text);
}

export function generate(): void {
  write(join(root, "families", "index.ts"), lazy("families", "Family", "family", "family", "families"));
  write(join(root, "preparation", "index.ts"), lazy("preparation", "Step", "step", "step", "steps"));
  write(join(root, "gates", "index.ts"), lazy("gates", "GateRule", "gate", "rule", "rules"));
  write(
    join(root, "monitoring/rules", "index.ts"),
    lazy("monitoring/rules", "MonitorRule", "monitoring/monitor", "rule", "rules"),
  );
  write(join(root, "search", "index.ts"), lazy("search", "Strategy", "search", "strategy", "strategies"));
  write(join(root, "search/pruning", "index.ts"), lazy("search/pruning", "Pruner", "search", "pruner", "pruners"));
  write(join(root, "metrics", "index.ts"), eager("metrics"));
  write(join(root, "core", "build.ts"), build());
}

if (process.argv[1] === import.meta.filename) generate();
