import { expect, test } from "vitest";
import { differences, fitLikePython, fixtureCases } from "./_python.ts";

/** Trees and linear models are the same algorithm; two forests of 400 random trees differ by chance. */
const TOLERANCE: Record<string, { most: number; mean: number }> = {
  xgboost: { most: 1e-6, mean: 1e-7 },
  gbm: { most: 1e-6, mean: 1e-7 },
  logistic: { most: 1e-5, mean: 1e-6 },
  "naive-bayes": { most: 1e-5, mean: 1e-6 },
  knn: { most: 1e-6, mean: 1e-7 },
  "random-forest": { most: 0.12, mean: 0.012 },
  "extra-trees": { most: 0.12, mean: 0.012 },
};

test.each(fixtureCases())("agrees with the Python package: %s", async (_, fixture) => {
  const { proba, contributions, rounds } = await fitLikePython(fixture);
  const { most, mean } = differences(proba, fixture.proba);
  expect(most).toBeLessThan(TOLERANCE[fixture.family]!.most);
  expect(mean).toBeLessThan(TOLERANCE[fixture.family]!.mean);
  expect(contributions.length).toBe(fixture.contributions?.length ?? contributions.length);
  if (fixture.contributions) expect(differences(contributions, fixture.contributions).most).toBeLessThan(1e-4);
  if (fixture.rounds !== null) expect(rounds).toBe(fixture.rounds);
});
