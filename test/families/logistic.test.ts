import { expect, test } from "vitest";
import type { LabelledMatrix } from "../../src/core/family.ts";
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
