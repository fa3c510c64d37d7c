import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { differences, fixtureCases, type PythonCase, parseCases } from "../../families/_python.ts";
import { venvPython } from "../../support/venv.ts";

const script = join(import.meta.dirname, "..", "..", "fixtures", "families", "make.py");
let now: Map<string, PythonCase>;

beforeAll(async () => {
  const json = execFileSync(await venvPython("reference"), ["-W", "ignore", script], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  now = new Map(parseCases(json));
});

test.each(fixtureCases())("the Python package still predicts what the fixture says: %s", (name, fixture) => {
  const made = now.get(name)!;
  const numbers = { proba: [], contributions: [] };
  expect({ ...made, ...numbers }).toEqual({ ...fixture, ...numbers });
  expect(differences(made.contributions ?? [], fixture.contributions ?? []).most).toBeLessThan(1e-5);
  expect(differences(made.proba, fixture.proba).most).toBeLessThan(1e-6);
});
