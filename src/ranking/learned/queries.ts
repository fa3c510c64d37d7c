import { setImmediate } from "node:timers/promises";
import { paperOf } from "../../core/cases.ts";
import { createRng } from "../../core/rng.ts";
import type { SolvedCase } from "../query.ts";
import type { Shortlister } from "./shortlist.ts";

/** Most queries of one publication. */
const MOST_OF_A_PAPER = 12;
/** Parts of the diseases that are one after the other without solved cases. */
const PARTS = 4;
/**
 * Weight of a query whose disease was made one without solved cases. In (b) of two folds of the open cases 0, 0.3, 0.5 and 1 gave
 * 35.0/53.1, 35.4/54.7, 36.2/54.4 and 35.1/54.1 % at rank 1/10 over all, and 12.1/34.7, 16.7/39.7, 18.3/40.0 and 18.6/40.6 % where
 * there is no solved case but there are rows. Of all four folds with the credit of ranker.ts: 34.6/55.4 and 20.7/46.3 %; without these
 * queries, n^-½ as weights and a credit of 0.8, it was 35.4/55.1 and 18.0/43.4 %.
 */
const WITHHELD = 0.5;

/** One solved case as a query. */
export interface Query {
  readonly features: Float32Array;
  readonly candidates: number;
  /** Place of the answer among the candidates; -1: it is none of them. */
  readonly right: number;
  readonly publication: string;
  readonly weight: number;
}

/** What a ranker learns from. */
export interface QueryRows {
  /** Of each query [candidates × columns]. */
  readonly pieces: readonly Float32Array[];
  readonly columns: number;
  /** [rows] 1: the answer */
  readonly y: Int32Array;
  readonly weights: Float32Array;
  /** [queries] rows of each */
  readonly sizes: Int32Array;
}

/** At most a dozen cases of a publication, with an observed term each. */
export function drawCases(solved: readonly SolvedCase[], seed: number): readonly SolvedCase[] {
  const rng = createRng(seed);
  const papers = Map.groupBy(
    solved.filter(({ observed }) => observed.length > 0),
    paperOf,
  );
  return [...papers.values()].flatMap((group) => rng.shuffle([...group]).slice(0, MOST_OF_A_PAPER));
}

/** Cases as queries, each without the evidence of its own publication. */
export async function makeQueries(
  shortlister: Shortlister,
  cases: readonly SolvedCase[],
  signal: AbortSignal,
  weight = 1,
): Promise<readonly Query[]> {
  const queries: Query[] = [];
  for (const one of cases) {
    await setImmediate();
    signal.throwIfAborted();
    const { candidates, features } = shortlister.of(one, one.publication);
    const right = one.target === undefined ? -1 : candidates.indexOf(one.target);
    queries.push({ features, candidates: candidates.length, right, publication: paperOf(one), weight });
  }
  return queries;
}

/**
 * The same cases as if their disease had no solved case, as most diseases of new patients have none: a part of all diseases after the
 * other loses its cases. Cases whose disease has none of other papers anyway are left out.
 * @param shortlisterOf by solved cases
 */
export async function makeWithheldQueries(
  shortlisterOf: (solved: readonly SolvedCase[]) => Shortlister,
  solved: readonly SolvedCase[],
  cases: readonly SolvedCase[],
  signal: AbortSignal,
): Promise<readonly Query[]> {
  const papers = new Map<number, Set<string>>();
  for (const one of solved)
    if (one.target !== undefined) papers.set(one.target, (papers.get(one.target) ?? new Set()).add(paperOf(one)));
  const queries: Query[] = [];
  for (let part = 0; part < PARTS; part++) {
    const inPart = ({ target }: SolvedCase): boolean => target !== undefined && target % PARTS === part;
    const asked = cases.filter((one) => inPart(one) && papers.get(one.target as number)!.size > 1);
    if (asked.length === 0) continue;
    const shortlister = shortlisterOf(solved.filter((one) => !inPart(one)));
    queries.push(...(await makeQueries(shortlister, asked, signal, WITHHELD)));
  }
  return queries;
}

/** The rows of the queries that have an answer. */
export function rowsOf(columns: number, queries: readonly Query[]): QueryRows {
  const answered = queries.filter(({ right }) => right >= 0);
  const sizes = Int32Array.from(answered, ({ candidates }) => candidates);
  const rows = sizes.reduce((a, b) => a + b, 0);
  const y = new Int32Array(rows);
  const weights = new Float32Array(rows);
  let row = 0;
  for (const { candidates, right, weight } of answered) {
    y[row + right] = 1;
    weights.fill(weight, row, row + candidates);
    row += candidates;
  }
  return { pieces: answered.map(({ features }) => features), columns, y, weights, sizes };
}
