import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { venvPython } from "../../support/venv.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "fixtures", "preparation");

/** The unit tests compare our steps with these files. */
test.each([
  ["make_pca_lda.py", "pca_lda.json"],
  ["make_select.py", "select.json"],
  ["make_select_models.py", "select_models.json"],
  ["make_learned.py", "learned.json"],
])("the installed packages still give what %s stored", async (script, stored) => {
  const python = await venvPython("reference");
  const made = spawnSync(python, ["-W", "ignore", join(folder, script), join(root, "..", "data")], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  expect(made.stderr).toBe("");
  expect(alike(JSON.parse(made.stdout), JSON.parse(readFileSync(join(folder, stored), "utf8")))).toEqual([]);
});

/** Paths of what differs: numbers by more than a millionth, signs of discriminants aside, which scikit-learn leaves open. */
function alike(made: unknown, stored: unknown, path = ""): string[] {
  if (typeof made === "number" && typeof stored === "number") {
    const [a, b] = path.startsWith(".made.lda") ? [Math.abs(made), Math.abs(stored)] : [made, stored];
    return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)) ? [] : [`${path}: ${made}, stored ${stored}`];
  }
  if (typeof made !== "object" || made === null || typeof stored !== "object" || stored === null) {
    return made === stored ? [] : [`${path}: ${made}, stored ${stored}`];
  }
  const keys = new Set([...Object.keys(made), ...Object.keys(stored)]);
  return [...keys].flatMap((key) => alike(Reflect.get(made, key), Reflect.get(stored, key), `${path}.${key}`));
}
