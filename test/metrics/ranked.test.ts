import { expect, test } from "vitest";
import type { Metric, RankedRows, Scored } from "../../src/core/metric.ts";
import { createRng } from "../../src/core/rng.ts";
import { rankedMetrics } from "../../src/metrics/_ranked.ts";
import { rankingQuality, type Scores } from "../../src/ranking/quality.ts";
import { bootstrapIntervals } from "../../src/statistics/bootstrap.ts";
import { reliability } from "../../src/statistics/reliability.ts";
import { simulate } from "../support/metrics.ts";

const ROWS = 120;

/** Cases of 30 publications and 20 diseases with places drawn at random. */
function ranked(seed: number): Scored {
  const rng = createRng(seed);
  const place = (): number => (rng.next() < 0.2 ? Number.POSITIVE_INFINITY : 1 + rng.int(60));
  const of = (draw: () => number): Float32Array => Float32Array.from({ length: ROWS }, draw);
  const setting = (): RankedRows => ({
    ...{ rank: of(place), groupRank: of(place), answer: of(rng.next), first: of(rng.next), none: of(rng.next) },
  });
  const codes = (n: number): Int32Array => Int32Array.from({ length: ROWS }, () => rng.int(n));
  return {
    ...{ rows: ROWS, classes: [], y: codes(20), proba: new Float32Array(), orphans: [] },
    ranks: { newPatient: setting(), allAnnotations: setting(), trained: codes(30), publications: codes(30) },
  };
}

const scored = ranked(1);
const metric = (id: string): Metric => rankedMetrics.find((m) => m.id === id)!;
const value = (id: string, of = scored): number => metric(id).bind(of)();

test.each([
  ["newPatient", ""],
  ["allAnnotations", "_all_annotations"],
] as const)("figures of %s are those of `cases evaluate`", (setting, suffix) => {
  const { ranks, y } = scored;
  const quality = rankingQuality(
    Array.from(y, (code, i) => ({
      rank: ranks![setting].rank[i]!,
      groupRank: ranks![setting].groupRank[i]!,
      disease: String(code),
      publication: String(ranks!.publications[i]),
      trained: ranks!.trained[i]!,
    })),
    1,
  );
  const expected: Record<string, number> = {};
  const add = (prefix: string, scores: Scores): void => {
    for (const id of ["top1", "top3", "top10", "top50", "mrr"] as const)
      expected[`${prefix}${id}${suffix}`] = scores[id];
  };
  const { all } = quality;
  add("", Object.fromEntries(Object.entries(all).map(([id, { value }]) => [id, value])) as unknown as Scores);
  add("group_", quality.group);
  add("by_disease_", quality.byDisease);
  add("by_publication_", quality.byPublication);
  for (const { label, cases: _, ...scores } of quality.byTraining)
    add(`solved_${label.replace("–", "_").replace("+", "_up")}_`, scores);
  expect(Object.keys(expected)).toHaveLength(40);
  for (const [id, wanted] of Object.entries(expected)) expect(value(id), id).toBeCloseTo(wanted, 6);
  const intervals = bootstrapIntervals(scored, [metric(`top10${suffix}`)], { seed: 1, groups: ranks!.publications });
  const found = intervals[`top10${suffix}`]!;
  // Drawn by other numbers, from the same publications.
  expect(Math.abs(found.low - all.top10.low)).toBeLessThan(0.03);
  expect(Math.abs(found.high - all.top10.high)).toBeLessThan(0.03);
});

test("a publication that is drawn twice counts twice", () => {
  const { publications, newPatient } = scored.ranks!;
  const counts = Uint16Array.from(publications, (code) => (code === 0 ? 2 : code === 1 ? 1 : 0));
  const mean = (code: number): number => {
    const places = newPatient.rank.filter((_, i) => publications[i] === code);
    return places.filter((rank) => rank <= 10).length / places.length;
  };
  expect(metric("by_publication_top10").bind(scored)(counts)).toBeCloseTo((2 * mean(0) + mean(1)) / 3, 6);
});

test("what was told is held against what came", () => {
  const rows = (more: Partial<RankedRows>): Scored => ({
    ...scored,
    ranks: { ...scored.ranks!, newPatient: { ...scored.ranks!.newPatient, ...more } },
  });
  const told = rows({ first: new Float32Array(ROWS).fill(0.3), rank: new Float32Array(ROWS).fill(1) });
  expect(value("first_ece", told)).toBeCloseTo(0.7, 5);
  const half = rows({ answer: new Float32Array(ROWS).fill(0.5) });
  expect(value("answer_log_loss", half)).toBeCloseTo(Math.LN2, 5);
  const missed = rows({ rank: new Float32Array(ROWS).fill(Number.POSITIVE_INFINITY) });
  expect([value("none_came", missed), value("top50", missed), value("mrr", missed)]).toEqual([1, 0, 0]);
});

test("a stratum rests on its own cases", () => {
  const inside = metric("solved_0_top1").restsOn!(scored);
  expect([...inside]).toEqual(Array.from(scored.ranks!.trained, (n) => (n === 0 ? 1 : 0)));
});

test("probabilities by class have no places", () => {
  const table = simulate({ rows: 20, classes: 3, skill: 0.5, seed: 1 });
  for (const { id, bind } of rankedMetrics) expect(bind(table)(), id).toBeNaN();
});

test("the reliability bins hold the first disease of every case and give its ECE", () => {
  const bins = reliability(scored).filter(({ rows }) => rows > 0);
  expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS);
  const gaps = bins.map(({ rows, accuracy, confidence }) => rows * Math.abs(accuracy - confidence));
  expect(gaps.reduce((a, b) => a + b, 0) / ROWS).toBeCloseTo(value("first_ece"), 6);
});
