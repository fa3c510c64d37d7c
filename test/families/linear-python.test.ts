import { expect, test } from "vitest";
import { fitSigmoid } from "../../src/families/svm/platt.ts";
import { fitLikeSklearn, linearFixture } from "./_linear.ts";
import { differences } from "./_python.ts";

const { cases, sigmoids } = linearFixture();

test.each(Object.entries(cases))("agrees with scikit-learn: %s", async (_, fixture) => {
  const { values, zeros, notices } = await fitLikeSklearn(fixture);
  expect(notices).toEqual([]);
  expect(values.length).toBe(fixture.values.length);
  const most = fixture.family === "logistic" ? 1e-4 : 1e-3;
  expect(differences(values, fixture.values).most).toBeLessThan(most);
  // A coefficient on the edge may be 0 in one and 1e-6 in the other.
  if (fixture.zeros !== null) expect(Math.abs(zeros! - fixture.zeros)).toBeLessThanOrEqual(2);
});

test("a sigmoid agrees with scikit-learn, weighted too", () => {
  const rows = Array.from({ length: 200 }, (_, i) => i);
  const f = Float64Array.from(rows, (i) => 3 * Math.sin(i) + (i % 3 === 0 ? 0.8 : -0.5));
  const positive = Uint8Array.from(rows, (i) => (i % 3 === 0 ? 1 : 0));
  const weights = Float32Array.from(rows, (i) => 1 + (i % 4));
  for (const [i, w] of [undefined, weights].entries()) {
    const { a, b } = fitSigmoid(f, positive, w);
    expect(differences([a, b], sigmoids[i]!).most).toBeLessThan(1e-4);
  }
});
