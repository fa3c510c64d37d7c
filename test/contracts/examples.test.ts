/** The examples of CONTRIBUTING.md are these files, and keep to the contracts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { step } from "./examples/clip.ts";
import { family } from "./examples/nearest-mean.ts";
import { familyContract } from "./family.contract.ts";
import { stepContract } from "./step.contract.ts";

const guide = readFileSync(join(import.meta.dirname, "..", "..", "CONTRIBUTING.md"), "utf8");

test.each([
  ["src/preparation/clip.ts", "clip.ts"],
  ["src/families/nearest-mean.ts", "nearest-mean.ts"],
])("CONTRIBUTING.md shows %s as it is tested", (path, name) => {
  const room = path.split("/")[1];
  const code = readFileSync(join(import.meta.dirname, "examples", name), "utf8")
    .replaceAll(`"../../../src/${room}/`, '"./')
    .replaceAll('"../../../src/', '"../');
  const shown = guide.split("```ts\n").map((block) => block.split("```")[0]);
  expect(shown).toContain(`// ${path}\n${code}`);
});

stepContract("clip", step);
familyContract("nearest-mean", async () => family);
