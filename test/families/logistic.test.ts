import { expect, test } from "vitest";
import { expNegative } from "../../src/core/exp.ts";
import type { LabelledMatrix } from "../../src/core/family.ts";
import { createRng } from "../../src/core/rng.ts";
import { family } from "../../src/families/logistic.ts";
import { contextFor, table } from "../contracts/family.contract.ts";
import { differences } from "./_python.ts";

test("says when it did not converge", async () => {
  const params = family.params.parse({ max_iter: 2, tol: 1e-9 });
  const model = await family.fit(contextFor(family, { params }));
  expect(model.notices).toEqual([expect.stringContaining("did not converge in 2 iterations")]);
  expect((await family.fit(contextFor(family))).notices).toEqual([]);
});

test("finds the same model of columns in other units, when the penalty hardly counts", async () => {
  const params = family.params.parse({ C: 1e6, tol: 1e-9 });
  const train = table({ rows: 300 });
  const units = Float32Array.of(1, 64, 1 / 64, 1);
  const data = train.x.data.map((v, at) => (v + (at % 4)) * units[at % 4]!);
  const rescaled = { ...train, x: { ...train.x, data } };
  const one = await family.fit(contextFor(family, { params, train }));
  const other = await family.fit(contextFor(family, { params, train: rescaled }));
  expect(other.notices).toEqual([]);
  const [a, b] = [one.predictProba(train.x), other.predictProba(rescaled.x)];
  expect(differences(a, b).most).toBeLessThan(1e-3);
});

test("takes large tables in single precision, to the same model", async () => {
  const small = table({ rows: 9000, cols: 100 });
  // The same rows twice with half of C have the same minimum, but are too many for double precision.
  const data = new Float32Array(2 * small.x.data.length);
  data.set(small.x.data);
  data.set(small.x.data, small.x.data.length);
  const large = { x: { ...small.x, rows: 18_000, data }, y: Int32Array.from([...small.y, ...small.y]) };
  const predict = async (train: LabelledMatrix, C: number): Promise<Float32Array> => {
    const params = family.params.parse({ C, tol: 1e-6 });
    return (await family.fit(contextFor(family, { train, validation: small, params }))).predictProba(small.x);
  };
  expect(differences(await predict(small, 0.2), await predict(large, 0.1)).most).toBeLessThan(1e-4);
});

test("an L1 penalty leaves columns that say nothing at exactly 0, zero columns among them", async () => {
  const { x, y } = table({ rows: 400, cols: 9 });
  const rng = createRng(8);
  const data = x.data.map((v, at) => (at % 9 === 8 ? 0 : at % 9 > 2 ? rng.next() : v));
  const params = family.params.parse({ penalty: "l1", C: 0.05 });
  const { importances } = await family.fit(
    contextFor(family, { params, train: { x: { ...x, data }, y } }, { cols: 9 }),
  );
  const values = [...importances!.values];
  expect(Math.min(...values.slice(0, 3))).toBeGreaterThan(0.05);
  expect(values.slice(3)).toEqual([0, 0, 0, 0, 0, 0]);
});

test("without a penalty the residuals are orthogonal to every column, and their sum is 0", async () => {
  const train = table({ rows: 300 });
  const params = family.params.parse({ penalty: "none", tol: 1e-8, C: 1e-9 });
  const proba = (await family.fit(contextFor(family, { params, train }))).predictProba(train.x);
  for (let k = 0; k < 3; k++) {
    const residuals = Float64Array.from(train.y, (code, i) => proba[i * 3 + k]! - (code === k ? 1 : 0));
    expect(Math.abs(residuals.reduce((a, b) => a + b, 0))).toBeLessThan(1e-3);
    for (let j = 0; j < 4; j++) {
      expect(Math.abs(residuals.reduce((sum, r, i) => sum + r * train.x.data[i * 4 + j]!, 0))).toBeLessThan(1e-3);
    }
  }
});

test.each(["l1", "elasticnet", "none"])("says when penalty %s did not converge", async (penalty) => {
  const params = family.params.parse({ penalty, max_iter: 2, tol: 1e-9 });
  const model = await family.fit(contextFor(family, { params }));
  expect(model.notices).toEqual([expect.stringContaining("did not converge in 2 iterations")]);
});

test("powers of e keep 12 digits, and do not vanish", () => {
  for (let x = 0; x > -80; x -= 0.0137) expect(Math.abs(expNegative(x) / Math.exp(x) - 1)).toBeLessThan(2e-12);
  expect(expNegative(-1e9)).toBeGreaterThan(1e-38);
  expect(expNegative(Number.NaN)).toBeNaN();
});
