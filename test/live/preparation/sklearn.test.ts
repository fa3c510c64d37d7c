import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectLikeReference, type Reference, VARIANTS } from "../../preparation/reference.ts";
import { venvPython } from "../../support/venv.ts";

test("the installed scikit-learn prepares the shipped tables as our steps do", async () => {
  const python = await venvPython("reference");
  const root = join(import.meta.dirname, "..", "..");
  const script = join(root, "fixtures", "preparation", "make.py");
  const made = spawnSync(python, [script, join(root, "..", "data")], { encoding: "utf8", maxBuffer: 1 << 26 });
  expect(made.stderr).toBe("");
  const reference: Reference = JSON.parse(made.stdout);
  for (const set of Object.keys(reference.sets)) {
    for (const variant of Object.keys(VARIANTS)) await expectLikeReference(reference, set, variant);
  }
});
