/** Cases ranked in both settings, as the metrics take them and as they are kept. */
import type { PatientCase } from "../../core/cases.ts";
import type { Dataset } from "../../core/dataset.ts";
import { readNpy, writeNpy } from "../../core/formats/npy.ts";
import { unitsOf } from "../../core/frame.ts";
import type { RankedRows, Ranks, Scored } from "../../core/metric.ts";
import { type CaseRanking, rankCase } from "../../ranking/evaluate.ts";
import { orphanetGroups } from "../../ranking/groups.ts";
import { probabilities } from "../../ranking/listing.ts";
import type { Ranker } from "../../ranking/method.ts";
import { type SolvedCase, solvedCases } from "../../ranking/query.ts";
import type { Rankers } from "./model.ts";

/** Length of the lists; what is not listed is a miss. */
const TOP = 100;

/** A table of cases: row i is case i. */
export interface CaseTable extends Pick<Dataset, "target" | "group"> {
  readonly cases: readonly PatientCase[];
}

export interface RankedPart {
  readonly scored: Scored;
  /** By row, in setting (b) and in (a). */
  readonly lists: Readonly<Record<"newPatient" | "allAnnotations", readonly CaseRanking[]>>;
}

/**
 * Ranks the diseases for some cases of a table.
 * @param train rows that the rankers learned from
 */
export function rankRows(
  { knowledge, newPatient, allAnnotations }: Rankers,
  { cases, target, group }: CaseTable,
  rows: Int32Array,
  train: Int32Array,
  signal?: AbortSignal,
): RankedPart {
  const asked = solvedCases(
    Array.from(rows, (row) => cases[row]!),
    knowledge,
  );
  const groupOf = orphanetGroups(knowledge.base.orphanet);
  const learned = new Int32Array(target.classes.length);
  for (const row of train) learned[target.codes[row]!]!++;
  const lists = { newPatient: [] as CaseRanking[], allAnnotations: [] as CaseRanking[] };
  const rankBy = (ranker: Ranker, kept: CaseRanking[]): RankedRows => {
    const out = emptyRows(rows.length);
    asked.forEach((one, i) => {
      signal?.throwIfAborted();
      kept.push(rankInto(out, i, ranker, one));
    });
    return out;
  };
  const rankInto = (out: RankedRows, i: number, ranker: Ranker, one: SolvedCase): CaseRanking => {
    const { all, listed, rank, groupRank } = rankCase(ranker, knowledge, groupOf, one, TOP);
    const shares = probabilities(all, ranker.temperature, ranker.none);
    const none = ranker.none === undefined ? 0 : Math.max(0, 1 - shares.reduce((a, b) => a + b, 0));
    out.rank[i] = rank;
    out.groupRank[i] = groupRank;
    out.answer[i] = Number.isFinite(rank) ? shares[one.target!]! : none;
    out.first[i] = listed.ranking.length === 0 ? 0 : shares[knowledge.indexOf(listed.ranking[0]!)!]!;
    out.none[i] = none;
    return listed;
  };
  const y = rows.map((row) => target.codes[row]!);
  return {
    scored: scoredOf(y, target.classes, {
      newPatient: rankBy(newPatient, lists.newPatient),
      allAnnotations: rankBy(allAnnotations, lists.allAnnotations),
      trained: y.map((code) => learned[code]!),
      publications: unitsOf({ group }, rows),
    }),
    lists,
  };
}

function scoredOf(y: Int32Array, classes: readonly string[], ranks: Ranks): Scored {
  return { rows: y.length, classes, y, proba: new Float32Array(), orphans: [], ranks };
}

const emptyRows = (rows: number): RankedRows => {
  const column = (): Float32Array => new Float32Array(rows);
  return { rank: column(), groupRank: column(), answer: column(), first: column(), none: column() };
};

/** Columns of the kept predictions: these of (b), then these of (a). */
const COLUMNS = ["rank", "groupRank", "answer", "first", "none"] as const;
const SETTINGS = ["newPatient", "allAnnotations"] as const;

/** Files that keep ranks, beside those that keep the truth; `readRanks` takes the same. */
export function ranksFiles({ rows, ranks }: Scored): Readonly<Record<"validation" | "validation_trained", Uint8Array>> {
  const columns = SETTINGS.flatMap((setting) => COLUMNS.map((column) => ranks![setting][column]));
  const data = new Float32Array(rows * columns.length);
  columns.forEach((values, c) => {
    values.forEach((value, row) => {
      data[row * columns.length + c] = value;
    });
  });
  return { validation: writeNpy(data, [rows, columns.length]), validation_trained: writeNpy(ranks!.trained, [rows]) };
}

/** @param read gives a file's bytes by its name */
export async function readRanks(read: (name: string) => Promise<Uint8Array>): Promise<Scored> {
  const [predicted, trained, y, units] = await Promise.all(
    ["validation", "validation_trained", "validation_y", "validation_units"].map(async (name) =>
      readNpy(await read(name)),
    ),
  );
  const width = SETTINGS.length * COLUMNS.length;
  const rowsOf = (setting: number): RankedRows => {
    const out = emptyRows(y!.data.length);
    COLUMNS.forEach((column, c) => {
      out[column].set(
        Float32Array.from(out[column], (_, row) => predicted!.data[row * width + setting * COLUMNS.length + c]!),
      );
    });
    return out;
  };
  return scoredOf(y!.data as Int32Array, [], {
    newPatient: rowsOf(0),
    allAnnotations: rowsOf(1),
    trained: trained!.data as Int32Array,
    publications: units!.data as Int32Array,
  });
}
