import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectLikeReference, type Reference, VARIANTS } from "./reference.ts";

const reference: Reference = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "fixtures", "preparation", "sklearn.json"), "utf8"),
);
const cases = Object.entries(reference.sets).flatMap(([set, made]) =>
  Object.keys(made).map((variant) => [set, variant]),
);

test("every variant has reference values", () => {
  expect(new Set(cases.map(([, variant]) => variant))).toEqual(new Set(Object.keys(VARIANTS)));
});

test.each(cases)("%s is prepared as scikit-learn does it (%s)", (set, variant) =>
  expectLikeReference(reference, set, variant),
);
