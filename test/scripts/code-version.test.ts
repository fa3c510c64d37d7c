import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { codeVersion, decidingFiles } from "../../scripts/code-version.ts";
import { temporaryFolder } from "../stores/support.ts";

const FILES = {
  "experiments/jobs/trial.ts":
    'import type { Store } from "../../core/store.ts";\nimport {\n  type Shape,\n  area,\n} from "../../core/shape.ts";\nimport { families } from "../../families/index.ts";\nimport { CODE_VERSION } from "../../core/build.ts";\n',
  "core/store.ts": "export interface Store {}\n",
  "core/shape.ts": 'export type { Store } from "./store.ts";\nexport const area = 1;\n',
  "core/build.ts": 'export const CODE_VERSION = "1";\n',
  "core/csv.ts": "export const csv = 1;\n",
  "families/index.ts": 'export const families = { gbm: async () => (await import("./gbm.ts")).family };\n',
  "families/gbm.ts": 'export * from "./gbm/tree.ts";\nimport "./gbm/side.ts";\n',
  "families/gbm/tree.ts": "export const family = 1;\n",
  "families/gbm/side.ts": "export {};\n",
};

function source(changes: Record<string, string> = {}): string {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries({ ...FILES, ...changes })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

test("the code version is the same in another folder, and does not depend on itself", () => {
  expect(codeVersion(source({ "core/build.ts": 'export const CODE_VERSION = "2";\n' }))).toBe(codeVersion(source()));
});

test.each(["core/shape.ts", "families/gbm.ts", "families/gbm/tree.ts", "families/gbm/side.ts"])(
  "a change of %s, which decides results, is another code version",
  (file) => {
    expect(codeVersion(source({ [file]: `${FILES[file as keyof typeof FILES]}// changed` }))).not.toBe(
      codeVersion(source()),
    );
  },
);

test.each(["core/store.ts", "core/csv.ts"])("a change of %s, which decides none, keeps finished trials", (file) => {
  expect(codeVersion(source({ [file]: "export interface Store { readonly uri: string }\n" }))).toBe(
    codeVersion(source()),
  );
});

test("of our own source they are the files that a bundle of the jobs is made of", () => {
  const src = join(import.meta.dirname, "..", "..", "src");
  const files = decidingFiles(src);
  const { metafile } = buildSync({
    absWorkingDir: src,
    entryPoints: files.filter((file) => file.startsWith("experiments/jobs/")),
    ...{ bundle: true, write: false, metafile: true, outdir: "none", format: "esm", platform: "node" },
    packages: "external",
  });
  const bundled = Object.keys(metafile.inputs).filter((file) => !/^core\/build\.ts$|^\w+\/index\.ts$/.test(file));
  expect(files).toEqual(bundled.sort());
  for (const room of ["core/store.ts", "core/registry.ts", "core/gate.ts", "core/executor.ts", "core/errors.ts"]) {
    expect(files.includes(room)).toBe(room === "core/errors.ts");
  }
});
