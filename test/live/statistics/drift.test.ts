import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { driftFixture, driftScript, parseDrift } from "../../statistics/_drift.ts";
import { venvPython } from "../../support/venv.ts";

test("scipy still says of differences what the fixture says", async () => {
  const now = parseDrift(
    execFileSync(await venvPython("reference"), [driftScript], { encoding: "utf8", maxBuffer: 1 << 26 }),
  );
  const then = driftFixture();
  const numbers = (value: unknown): number[] =>
    typeof value === "number" ? [value] : Object.values(value as object).flatMap(numbers);
  const [a, b] = [numbers(now), numbers(then)];
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries()) expect(Math.abs(value - b[i])).toBeLessThan(1e-9 * Math.max(1, Math.abs(b[i])));
});
