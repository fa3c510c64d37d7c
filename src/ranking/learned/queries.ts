import { setImmediate } from "node:timers/promises";
import { createRng } from "../../core/rng.ts";
import type { SolvedCase } from "../query.ts";
import type { Shortlister } from "./shortlist.ts";

/** Most queries of one publication. */
const MOST_OF_A_PAPER = 12;

/** One solved case as a query. */
export interface Query {
  readonly features: Float32Array;
  readonly candidates: number;
  /** Place of the answer among the candidates; -1: it is none of them. */
  readonly right: number;
  readonly publication: string;
  /** n^-½, n the queries of the publication */
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

/** At most a dozen queries of a publication, its own evidence left out. */
export async function makeQueries(
  shortlister: Shortlister,
  solved: readonly SolvedCase[],
  seed: number,
  signal: AbortSignal,
): Promise<readonly Query[]> {
  const rng = createRng(seed);
  const asked = solved.filter(({ observed }) => observed.length > 0);
  const papers = Map.groupBy(asked, ({ publication, name }) => publication ?? `case ${name}`);
  const queries: Query[] = [];
  for (const [publication, group] of papers) {
    const drawn = rng.shuffle([...group]).slice(0, MOST_OF_A_PAPER);
    for (const one of drawn) {
      await setImmediate();
      signal.throwIfAborted();
      const { candidates, features } = shortlister.of(one, one.publication);
      const right = one.target === undefined ? -1 : candidates.indexOf(one.target);
      queries.push({ features, candidates: candidates.length, right, publication, weight: drawn.length ** -0.5 });
    }
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
