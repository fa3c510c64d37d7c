import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breaches, type SourceFile } from "./support/architecture.ts";
import { importsOf, tokens } from "./support/imports.ts";

/** Files that may be longer than the limit, each with its reason. */
const LONG_ONES: Readonly<Record<string, string>> = {};

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path): SourceFile => {
    const file = `src/${path.replaceAll("\\", "/")}`;
    return { path: file, text: readFileSync(join(root, file), "utf8") };
  });

test("the house keeps its rules", () => {
  expect(sources.length).toBeGreaterThan(10);
  expect(breaches(sources, LONG_ONES)).toEqual([]);
});

test("files excused from the line limit are there and still need it", () => {
  const lines = new Map(sources.map(({ path, text }) => [path, text.trimEnd().split("\n").length]));
  for (const path of Object.keys(LONG_ONES)) expect(lines.get(path), path).toBeGreaterThan(400);
});

describe("the checker finds what is planted:", () => {
  const planted: [what: string, files: Record<string, string>, found: string | RegExp][] = [
    [
      "core importing a room",
      { "src/core/a.ts": 'import { x } from "../lake/b.ts";' },
      /a\.ts:1 imports "\.\.\/lake\/b\.ts": core may import nothing of ours/,
    ],
    [
      "a type import",
      { "src/metrics/a.ts": '\nimport type { X } from "../stores/b.ts";' },
      /a\.ts:2 .*metrics may import only core/,
    ],
    ["a re-export", { "src/lake/a.ts": 'export * from "../stores/b.ts";' }, /lake may import only core/],
    ["a type re-export", { "src/lake/a.ts": 'export type { X } from "../stores/b.ts";' }, /lake may import only core/],
    ["a bare import", { "src/lake/a.ts": 'import "../stores/b.ts";' }, /lake may import only core/],
    [
      "a dynamic import",
      { "src/lake/a.ts": 'const f = async () => (await import("../stores/b.ts")).x;' },
      /lake may import only core/,
    ],
    [
      "a dynamic import by a plain template",
      { "src/lake/a.ts": "await import(`../stores/b.ts`);" },
      /lake may import only core/,
    ],
    ["an import type", { "src/lake/a.ts": 'type T = typeof import("../stores/b.ts");' }, /lake may import only core/],
    [
      "an import over several lines",
      { "src/lake/a.ts": 'import {\n  x,\n  type Y as Z,\n} from "../stores/b.ts";' },
      /a\.ts:1 imports/,
    ],
    [
      "a computed path",
      { "src/lake/a.ts": `await import(\`../stores/\${name}.ts\`);` },
      /imports null: a computed path/,
    ],
    [
      "a service importing an adapter",
      { "src/experiments/a.ts": 'import { s } from "../stores/b.ts";' },
      /experiments may import only core, metrics/,
    ],
    [
      "a command importing a service",
      { "src/commands/exp/a.ts": 'import { s } from "../../experiments/b.ts";' },
      /commands may import only core, board, app\.ts/,
    ],
    [
      "a room importing the composition root",
      { "src/experiments/a.ts": 'import { s } from "../app.ts";' },
      /experiments may import only/,
    ],
    [
      "a room that the table does not have",
      { "src/helpers/a.ts": 'import { s } from "../core/b.ts";' },
      /helpers is not a room/,
    ],
    ["a file outside src", { "src/lake/a.ts": 'import { s } from "../../test/b.ts";' }, /outside src/],
    ["koffi outside engines", { "src/families/a.ts": 'import koffi from "koffi";' }, /koffi is kept in engines/],
    ["a package by require", { "src/families/a.ts": 'const k = require("koffi");' }, /koffi is kept in engines/],
    [
      "sqlite outside stores",
      { "src/app.ts": 'import { DatabaseSync } from "node:sqlite";' },
      /node:sqlite is kept in stores/,
    ],
    ["duckdb outside lake", { "src/stores/a.ts": 'await import("@duckdb/node-api");' }, /kept in lake/],
    [
      "react's parts outside tui",
      { "src/cli/a.tsx": 'import { jsx } from "react/jsx-runtime";' },
      /react is kept in tui/,
    ],
    ["ink's companions outside tui", { "src/cli/a.tsx": 'import S from "ink-spinner";' }, /ink is kept in tui/],
    ["process.exit", { "src/app.ts": "if (bad) {\n  process.exit(2);\n}" }, /app\.ts:2 calls process\.exit/],
    ["a long file", { "src/core/a.ts": "x;\n".repeat(401) }, /a\.ts has 401 lines/],
    [
      "a crowded folder",
      Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`src/metrics/m${i}.ts`, ""])),
      /src\/metrics has 26 files/,
    ],
    [
      "a cycle of three",
      {
        "src/core/a.ts": 'import { b } from "./b.ts";',
        "src/core/b.ts": 'import type { c } from "./c.ts";',
        "src/core/c.ts": 'export { a } from "./a.ts";',
      },
      "import cycle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts",
    ],
  ];
  test.each(planted)("%s", (_, files, found) => {
    const list = breaches(Object.entries(files).map(([path, text]) => ({ path, text })));
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(found);
  });
});

describe("the checker is not misled by", () => {
  test.each([
    ["comments", '// import "koffi"\n/* import "koffi" */\n/** {@link import("koffi")} */'],
    ["strings", `const a = 'import "koffi"'; const b = \`import "koffi" \${\`from "koffi"\`}\`;`],
    ["regular expressions", 'const a = /import "koffi"/; const b = text.split(/["\'`]/);'],
    ["divisions", "const a = b / c; const d = e / 2;"],
    ["import.meta", 'const a = import.meta.dirname; const b = new URL("./b.ts", import.meta.url);'],
    ["members called import", 'schema.import("koffi"); a.require("koffi");'],
    ["exports of its own", 'export const from = "koffi"; export { a }; const b = "koffi";'],
    ["text in JSX", "const a = <Text>Don't import it from here</Text>;\nconst b = <Text>5 / 2</Text>;"],
  ])("%s", (_, text) => {
    expect(importsOf(tokens(text))).toEqual([]);
  });

  test("what stands before an import in the same file", () => {
    const text = `const quote = /["'\`]/g;
const deep = \`a \${b ? \`\${{ c: 1 }.c}\` : '}'} z\`;
import { x } from "koffi";`;
    expect(importsOf(tokens(text))).toEqual([{ from: "koffi", line: 3 }]);
  });
});
