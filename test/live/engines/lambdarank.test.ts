import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { venvPython } from "../../support/venv.ts";

const script = join(import.meta.dirname, "..", "..", "fixtures", "engines", "lambdarank.py");

test("the fixture is what the Python package predicts today", async () => {
  const made = JSON.parse(execFileSync(await venvPython("reference"), [script], { encoding: "utf8" }));
  const kept = JSON.parse(readFileSync(script.replace(/\.py$/, ".json"), "utf8"));
  expect({ ...made, predictions: undefined }).toEqual({ ...kept, predictions: undefined });
  for (const [i, value] of made.predictions.entries()) expect(value).toBeCloseTo(kept.predictions[i], 6);
});
