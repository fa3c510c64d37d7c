import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { expectReference, type GateCase } from "./reference.ts";

const cases: GateCase[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/gates/reference.json"), "utf8"),
);

test.each(cases)("slope, costs and net benefits are those of numpy and scikit-learn: $name", expectReference);
