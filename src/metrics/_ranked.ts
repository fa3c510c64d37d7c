/** Metrics of rankings: places of the true disease, in settings (a) and (b) of docs/orphan.md. */
import {
  ALL_ANNOTATIONS,
  type BoundMetric,
  type Metric,
  type RankedRows,
  type Ranks,
  type Scored,
} from "../core/metric.ts";
import { confidenceBin } from "../core/scored.ts";
import { meanOfRows } from "./_rows.ts";

type Setting = "newPatient" | "allAnnotations";

/** What a place is worth. */
const PLACES: readonly ({ readonly id: string; readonly title: string; worth(rank: number): number } & Pick<
  Metric,
  "share"
>)[] = [
  ...[1, 3, 10, 50].map((k) => ({
    id: `top${k}`,
    title: `Top ${k}`,
    share: true as const,
    worth: (rank: number) => (rank <= k ? 1 : 0),
  })),
  { id: "mrr", title: "Mean reciprocal rank", worth: (rank: number) => 1 / rank },
];

/** Which cases or groups of cases are averaged. */
interface View {
  readonly prefix: string;
  readonly what: string;
  /** Whether it averages rows, and not groups of them. */
  readonly plain?: true;
  /** [rows] 1 for the rows that it is of; absent: all */
  rows?(ranks: Ranks): Uint8Array;
  bind(
    scored: Scored & Required<Pick<Scored, "ranks">>,
    rows: RankedRows,
    worth: (rank: number) => number,
  ): BoundMetric;
}

const worths = (ranks: Float32Array, worth: (rank: number) => number): Float64Array =>
  Float64Array.from(ranks, (rank) => worth(rank));

const solved = (from: number, to: number): Pick<View, "plain" | "rows" | "bind"> => {
  const rows = ({ trained }: Ranks): Uint8Array => Uint8Array.from(trained, (n) => (n >= from && n <= to ? 1 : 0));
  return { plain: true, rows, bind: ({ ranks }, { rank }, worth) => weightedMean(worths(rank, worth), rows(ranks)) };
};

const VIEWS: readonly View[] = [
  { prefix: "", what: "of all cases", plain: true, bind: (_, { rank }, worth) => meanOfRows(worths(rank, worth)) },
  {
    prefix: "group_",
    what: "where any disease under one Orphanet entry with the true one is right",
    plain: true,
    bind: (_, { groupRank }, worth) => meanOfRows(worths(groupRank, worth)),
  },
  {
    prefix: "by_disease_",
    what: "mean of the diseases' means",
    bind: ({ y }, { rank }, worth) => meanOfGroups(worths(rank, worth), y),
  },
  {
    prefix: "by_publication_",
    what: "mean of the publications' means",
    // A publication that a bootstrap draws twice counts twice, unlike a disease.
    bind: ({ ranks }, { rank }, worth) => weightedMean(worths(rank, worth), sharesOf(ranks.publications)),
  },
  { prefix: "solved_0_", what: "of diseases without a solved case to learn from", ...solved(0, 0) },
  { prefix: "solved_1_4_", what: "of diseases with 1 to 4 solved cases", ...solved(1, 4) },
  { prefix: "solved_5_19_", what: "of diseases with 5 to 19 solved cases", ...solved(5, 19) },
  {
    prefix: "solved_20_up_",
    what: "of diseases with 20 solved cases or more",
    ...solved(20, Number.POSITIVE_INFINITY),
  },
];

const placeMetrics = (setting: Setting): Metric[] =>
  VIEWS.flatMap(({ prefix, what, plain, rows, bind }) =>
    PLACES.map(({ id, title, share, worth }) => ({
      ...named(setting, `${prefix}${id}`, title, `${title} ${what}`),
      greaterIsBetter: true,
      range: [0, 1] as const,
      headline: prefix === "",
      ...(plain && share && { share }),
      ...(rows && { restsOn: ({ ranks }: Scored) => (ranks ? rows(ranks) : new Uint8Array()) }),
      bind: (scored) => ofRanks(scored, (ranked) => bind(ranked, ranked.ranks[setting], worth)),
    })),
  );

/** As float32 tells a probability from 0. */
const FLOOR = 1e-7;
const BINS = 15;

const tellMetrics = (setting: Setting): Metric[] => [
  {
    ...named(
      setting,
      "answer_log_loss",
      "Log loss of the answer",
      "Mean of −log of the probability of the true disease where it is listed, else of none of these",
    ),
    greaterIsBetter: false,
    range: [0, -Math.log(FLOOR)],
    headline: true,
    bind: (scored) =>
      ofRanks(scored, ({ ranks }) =>
        meanOfRows(Float64Array.from(ranks[setting].answer, (p) => -Math.log(Math.max(FLOOR, p)))),
      ),
  },
  {
    ...named(
      setting,
      "first_ece",
      "ECE of the first",
      "Expected calibration error of the first disease's probability in 15 equal-width bins",
    ),
    greaterIsBetter: false,
    range: [0, 1],
    headline: false,
    bind: (scored) => ofRanks(scored, ({ ranks }) => calibrationError(ranks[setting])),
  },
  {
    ...named(setting, "none_told", "None told", "Mean probability of none of these; none_came is what came"),
    greaterIsBetter: false,
    range: [0, 1],
    headline: false,
    bind: (scored) => ofRanks(scored, ({ ranks }) => meanOfRows(Float64Array.from(ranks[setting].none))),
  },
  {
    ...named(setting, "none_came", "None came", "Share of the cases whose disease is not listed"),
    greaterIsBetter: false,
    range: [0, 1],
    headline: false,
    bind: (scored) =>
      ofRanks(scored, ({ ranks }) =>
        meanOfRows(worths(ranks[setting].rank, (rank) => (Number.isFinite(rank) ? 0 : 1))),
      ),
  },
];

/** Those of (b), then those of (a). */
export const rankedMetrics: readonly Metric[] = (["newPatient", "allAnnotations"] as const).flatMap((setting) => [
  ...placeMetrics(setting),
  ...tellMetrics(setting),
]);

function named(setting: Setting, id: string, title: string, description: string) {
  const isNew = setting === "newPatient";
  return {
    id: isNew ? id : `${id}${ALL_ANNOTATIONS}`,
    title: isNew ? title : `${title} (a)`,
    description: `${description}; ${isNew ? "(b): the case's own publication counts for nothing" : "(a): all annotations count"}`,
    input: "ranks" as const,
  };
}

/** Not defined on probabilities by class. */
function ofRanks(scored: Scored, bind: (scored: Scored & Required<Pick<Scored, "ranks">>) => BoundMetric): BoundMetric {
  const { ranks } = scored;
  return ranks === undefined ? () => Number.NaN : bind({ ...scored, ranks });
}

/** [rows] 1 / rows of the same group */
function sharesOf(groups: Int32Array): Float64Array {
  const sizes = new Map<number, number>();
  for (const code of groups) sizes.set(code, (sizes.get(code) ?? 0) + 1);
  return Float64Array.from(groups, (code) => 1 / sizes.get(code)!);
}

function weightedMean(values: Float64Array, weights: Float64Array | Uint8Array): BoundMetric {
  return (counts) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const w = weights[i] * (counts === undefined ? 1 : counts[i]);
      sum += w * values[i];
      total += w;
    }
    return sum / total;
  };
}

/** Mean over the groups that are drawn of their rows' means. */
function meanOfGroups(values: Float64Array, groups: Int32Array): BoundMetric {
  const codes = [...new Set(groups)];
  const place = new Map(codes.map((code, i) => [code, i]));
  const own = Int32Array.from(groups, (code) => place.get(code)!);
  return (counts) => {
    const sums = new Float64Array(codes.length);
    const totals = new Float64Array(codes.length);
    for (let i = 0; i < values.length; i++) {
      const w = counts === undefined ? 1 : counts[i];
      sums[own[i]] += w * values[i];
      totals[own[i]] += w;
    }
    let [sum, n] = [0, 0];
    for (let g = 0; g < sums.length; g++) {
      if (totals[g] === 0) continue;
      sum += sums[g] / totals[g];
      n++;
    }
    return sum / n;
  };
}

function calibrationError({ rank, first }: RankedRows): BoundMetric {
  const bin = Uint8Array.from(first, (p) => confidenceBin(p, BINS));
  return (counts) => {
    const gaps = new Float64Array(BINS);
    let total = 0;
    for (let i = 0; i < rank.length; i++) {
      const w = counts === undefined ? 1 : counts[i];
      gaps[bin[i]] += w * ((rank[i] <= 1 ? 1 : 0) - first[i]);
      total += w;
    }
    return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
  };
}
