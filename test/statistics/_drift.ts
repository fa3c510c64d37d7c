import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Numbers = z.array(z.number());

/** What test/fixtures/statistics/make_drift.py writes. */
const Fixture = z.object({
  chi2: z.array(
    z.object({ a: Numbers, b: Numbers, statistic: z.number(), p: z.number(), least: z.number(), psi: z.number() }),
  ),
  psi: z.array(z.object({ a: Numbers, b: Numbers, psi: z.number() })),
  ks: z.array(z.object({ a: Numbers, b: Numbers, statistic: z.number(), asymp: z.number(), exact: z.number() })),
  proportions: z.array(z.object({ a: z.int(), n: z.int(), b: z.int(), m: z.int(), p: z.number() })),
  bh: z.array(z.object({ p: Numbers, adjusted: Numbers })),
  tails: z.object({ chi2: z.array(Numbers), kolmogorov: z.array(Numbers) }),
});
export type DriftFixture = z.infer<typeof Fixture>;

const folder = join(import.meta.dirname, "..", "fixtures", "statistics");
export const driftScript = join(folder, "make_drift.py");
export const parseDrift = (json: string): DriftFixture => Fixture.parse(JSON.parse(json));
export const driftFixture = (): DriftFixture => parseDrift(readFileSync(join(folder, "drift.json"), "utf8"));
