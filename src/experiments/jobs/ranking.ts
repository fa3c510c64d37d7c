import { readFile } from "node:fs/promises";
import { CODE_VERSION } from "../../core/build.ts";
import type { Split } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import { unpack } from "../../core/formats/container.ts";
import { writeNpy } from "../../core/formats/npy.ts";
import type { Knowledge } from "../../core/knowledge.ts";
import type { Scored } from "../../core/metric.ts";
import type { MetricValue, Trial, TrialResult } from "../../core/trial.ts";
import { rankedMetrics } from "../../metrics/_ranked.ts";
import type { AnswerSettings } from "../../ranking/answers.ts";
import { bootstrapIntervals } from "../../statistics/bootstrap.ts";
import { encodeSummary, SUMMARY_FILE } from "../explain/summary.ts";
import { writeFiles } from "../files.ts";
import { type RankingCard, releasesText, trainRankers } from "../ranking/model.ts";
import { type CaseTable, rankRows, ranksFiles } from "../ranking/score.ts";
import { moment, timesOf } from "./moment.ts";

export interface RankingPayload {
  readonly trial: Trial;
  /** Files made by core/formats/container: a CaseTable, a Split. */
  readonly casesFile: string;
  readonly splitFile: string;
  /** Folder of the knowledge base, and its hash when the sweep was planned. */
  readonly knowledge: { readonly folder: string; readonly hash: string };
  readonly candidates: AnswerSettings["candidates"];
  readonly threads: number;
  readonly bootstrap: { readonly resamples: number; readonly level: number };
  /** Folder that gets the artifacts. */
  readonly outDir: string;
}

/**
 * Trains a way of ranking on the training publications, judges it on the validation ones in both settings, and writes its artifacts.
 * @throws UserError when the knowledge base is not what it was, or the cases are too few for the family
 */
export async function runRanking(
  payload: RankingPayload,
  knowledge: Knowledge,
  signal: AbortSignal,
): Promise<TrialResult> {
  const { trial, candidates, threads } = payload;
  const [table, split] = (await Promise.all(
    [payload.casesFile, payload.splitFile].map(async (file) => unpack(await readFile(file))),
  )) as [CaseTable, Split];
  const base = await knowledge.base(payload.knowledge.folder);
  if (base.release.hash !== payload.knowledge.hash) {
    throw new UserError("the knowledge base has changed since the sweep was planned", {
      where: payload.knowledge.folder,
      fix: "Run the experiment again.",
    });
  }
  const start = moment();
  const { family, params, seed } = trial;
  const { train, validation: rows } = split;
  const learned = Array.from(train, (row) => table.cases[row]!);
  const spec = { family, params, candidates, seed, threads, signal };
  const { rankers, files } = await trainRankers(base, learned, spec);
  try {
    const fitted = moment();
    const { scored, lists } = rankRows(rankers, table, rows, train, signal);
    const metrics = score(scored, payload);
    const scoredAt = moment();
    const card: RankingCard = {
      ...{ format: 1, input: "cases", family, params, candidates, codeVersion: CODE_VERSION },
      knowledge: { knowledge: base.release.hash, releases: releasesText(base) },
    };
    const kept = ranksFiles(scored);
    writeFiles(payload.outDir, {
      "model/model.json": `${JSON.stringify(card, null, 2)}\n`,
      ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`model/${name}`, bytes])),
      [SUMMARY_FILE]: encodeSummary(scored),
      "predictions/validation.npy": kept.validation,
      "predictions/validation_trained.npy": kept.validation_trained,
      "predictions/validation_y.npy": writeNpy(scored.y, [scored.rows]),
      "predictions/validation_rows.npy": writeNpy(rows, [scored.rows]),
      "predictions/validation_units.npy": writeNpy(scored.ranks!.publications, [scored.rows]),
      "rankings/validation.jsonl": linesOf(lists.newPatient),
      "rankings/validation_all_annotations.jsonl": linesOf(lists.allAnnotations),
    });
    return {
      metrics,
      curve: [],
      ...timesOf(start, fitted, scoredAt),
      notices: [],
    };
  } finally {
    rankers.dispose();
  }
}

/** Metrics that are defined on these cases. */
function score(scored: Scored, { trial, bootstrap }: RankingPayload): Record<string, MetricValue> {
  const intervals = bootstrapIntervals(
    scored,
    rankedMetrics.filter((m) => m.headline),
    { ...bootstrap, seed: trial.seed, groups: scored.ranks!.publications },
  );
  const values = rankedMetrics.map((m) => [m.id, intervals[m.id] ?? { value: m.bind(scored)() }] as const);
  return Object.fromEntries(values.filter(([, { value }]) => !Number.isNaN(value)));
}

const linesOf = (lists: readonly unknown[]): string => lists.map((list) => `${JSON.stringify(list)}\n`).join("");
