import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type LinearFixture, linearFixture, parseLinear } from "../../families/_linear.ts";
import { differences } from "../../families/_python.ts";
import { venvPython } from "../../support/venv.ts";

const script = join(import.meta.dirname, "..", "..", "fixtures", "families", "linear.py");
const fixture = linearFixture();
let now: LinearFixture;

beforeAll(async () => {
  now = parseLinear(execFileSync(await venvPython("reference"), [script], { encoding: "utf8", maxBuffer: 1 << 26 }));
});

test.each(Object.entries(fixture.cases))("scikit-learn still says what the fixture says: %s", (name, before) => {
  const made = now.cases[name]!;
  expect({ ...made, values: [] }).toEqual({ ...before, values: [] });
  expect(differences(made.values, before.values).most).toBeLessThan(1e-5);
});

test("scikit-learn still fits the sigmoids of the fixture", () => {
  expect(differences(now.sigmoids.flat(), fixture.sigmoids.flat()).most).toBeLessThan(1e-6);
});
