import type { PatientCase } from "../../core/cases.ts";
import type { Dataset } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import { selectRows } from "../../core/frame.ts";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import type { Scored } from "../../core/metric.ts";
import { solvedCases } from "../../ranking/query.ts";
import { loadModel } from "../model.ts";
import { openRankers } from "../ranking/model.ts";
import { rankRows } from "../ranking/score.ts";
import type { GateRun } from "./run.ts";

/** The data of an experiment, read again. */
export interface GateData {
  readonly dataset: Dataset;
  /** When their file was last changed; null where it is unknown. */
  readonly changed: number | null;
  /** Where they are cases: row i of the dataset is case i, and what they are ranked by. */
  readonly ranked?: { readonly cases: readonly PatientCase[]; readonly base: KnowledgeBase };
}

/** A saved model over the data that it is judged on. */
export interface SavedModel {
  score(rows: Int32Array): Scored;
  /** What predicts one row when it is called; for the time that it takes. */
  asking(row: number): () => unknown;
  dispose(): void;
}

/**
 * Opens the model of a run.
 * @param run the trial that is judged, whose split counts for it and for what it is compared with
 * @param files of the model, by name
 * @throws UserError when it cannot be loaded, or is of other classes or knowledge than the data
 */
export function openSaved(
  run: GateRun,
  { dataset, ranked }: GateData,
  files: Readonly<Record<string, Uint8Array>>,
  where: string,
): Promise<SavedModel> {
  return ranked ? openRanking(run, { ...ranked, dataset }, files, where) : openTable(run, dataset, files, where);
}

async function openTable(
  { orphans }: GateRun,
  { frame, target }: Dataset,
  files: Readonly<Record<string, Uint8Array>>,
  where: string,
): Promise<SavedModel> {
  const model = await loadModel(files, where);
  const { card } = model;
  const problem =
    card.target !== target.name
      ? `it predicts "${card.target}", not "${target.name}"`
      : card.classes.join("\n") !== target.classes.join("\n")
        ? "it knows other diseases"
        : undefined;
  if (problem !== undefined) {
    model.dispose();
    throw new UserError(problem);
  }
  return {
    score: (rows) => ({
      rows: rows.length,
      classes: target.classes,
      y: rows.map((row) => target.codes[row]),
      proba: model.predictProba(selectRows(frame, rows)),
      orphans,
    }),
    asking(row) {
      const patient = selectRows(frame, Int32Array.of(row));
      return () => model.predictProba(patient);
    },
    dispose: () => model.dispose(),
  };
}

async function openRanking(
  { parts }: GateRun,
  { cases, base, dataset }: Required<GateData>["ranked"] & Pick<GateData, "dataset">,
  files: Readonly<Record<string, Uint8Array>>,
  where: string,
): Promise<SavedModel> {
  const rankers = await openRankers(files, base, where);
  return {
    score: (rows) => rankRows(rankers, { ...dataset, cases }, rows, parts.train).scored,
    asking(row) {
      const [query] = solvedCases([cases[row]], rankers.knowledge);
      return () => rankers.newPatient.score(query);
    },
    dispose: () => rankers.dispose(),
  };
}
