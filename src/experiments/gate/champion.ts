import type { Column, Dataset } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { Scored } from "../../core/metric.ts";
import { modelFiles } from "../../core/model-files.ts";
import type { TrackingStore } from "../../core/store.ts";
import { type ExperimentConfig, isCaseConfig } from "../schema.ts";
import { type GateRun, readGateRun } from "./run.ts";
import { type GateData, openSaved } from "./saved.ts";

/** The model that is in use, or why it cannot be had; undefined when there is none yet. */
export type Champion = { readonly runId: string } | { readonly problem: string } | undefined;

export interface Judged {
  readonly run: GateRun;
  readonly data: GateData;
  /** Row numbers of the dataset: the patients that candidate and champion are compared on. */
  readonly rows: Int32Array;
}

/**
 * The champion's predictions for the same patients; or why there are none: it was trained on some of
 * them, that cannot be known, or it knows other classes or columns.
 */
export async function predictChampion(
  store: TrackingStore,
  championRunId: string,
  judged: Judged,
  readData: (config: ExperimentConfig) => Promise<Dataset>,
): Promise<{ readonly scored: Scored } | { readonly problem: string }> {
  try {
    const champion = await readGateRun(store, championRunId);
    const ranks = isCaseConfig(champion.config);
    if (ranks !== isCaseConfig(judged.run.config))
      return { problem: ranks ? "it ranks diseases for cases" : "it predicts the classes of a table" };
    const files = await modelFiles(store, championRunId);
    const model = await openSaved(judged.run, judged.data, files, `run ${championRunId}`);
    try {
      const problem = await trainedOn(champion, judged, readData);
      if (problem !== undefined) return { problem };
      return { scored: model.score(judged.rows) };
    } finally {
      model.dispose();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problem: [error.message, error.where && `(${error.where})`].filter(Boolean).join(" ") };
  }
}

/** Why the champion may know some of these patients already; undefined when it does not. */
async function trainedOn(
  champion: GateRun,
  { run, data: { dataset }, rows }: Judged,
  readData: (config: ExperimentConfig) => Promise<Dataset>,
): Promise<string | undefined> {
  const { train, validation } = champion.parts;
  const known = Int32Array.from([...train, ...validation]);
  if (champion.dataHash === run.dataHash) {
    const seen = new Set(known);
    const shared = rows.filter((row) => seen.has(row)).length;
    return shared === 0 ? undefined : seenProblem(shared, rows.length);
  }
  const old = await readData(champion.config).catch((error) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  if (old?.hash !== champion.dataHash) {
    return "it was trained on data that are no longer there, so that nobody can tell whether these patients were among them; train its configuration again on the present data and compare with that";
  }
  if (old.frame.columns.map(named).join() !== dataset.frame.columns.map(named).join()) {
    return "it was trained on other columns, so that its patients cannot be told from these";
  }
  const oldKeys = rowTexts(old);
  const seen = new Set(Array.from(known, oldKeys));
  const keys = rowTexts(dataset);
  const groups = groupTexts(old);
  const seenGroups = new Set(Array.from(known, groups));
  const group = groupTexts(dataset);
  const shared = rows.filter((row) => seen.has(keys(row)) || (group(row) !== "" && seenGroups.has(group(row)))).length;
  return shared === 0 ? undefined : seenProblem(shared, rows.length);
}

const seenProblem = (shared: number, all: number): string =>
  `${shared} of these ${all} patients were among those that it was trained or tuned on`;

const named = ({ name, kind }: Column): string => JSON.stringify([name, kind]);

/** A row's features as one text, the same in every table that has the same columns. */
function rowTexts({ frame }: Dataset): (row: number) => string {
  return (row) => JSON.stringify(frame.columns.map((column) => cellText(column, row)));
}

function groupTexts({ group }: Dataset): (row: number) => string {
  return (row) => (group === undefined ? "" : (group.levels[group.codes[row]] ?? ""));
}

function cellText(column: Column, row: number): unknown {
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return String(column.values[row] + 0); // NaN and infinities have no JSON
    case "categorical":
      return column.levels[column.codes[row]] ?? null;
    case "multilabel": {
      const { offsets, codes, levels, missing } = column;
      if (missing[row] === 1) return null;
      return Array.from(codes.subarray(offsets[row], offsets[row + 1]), (code) => levels[code]).sort();
    }
  }
}
