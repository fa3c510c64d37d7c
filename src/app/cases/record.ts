/** Keeps an evaluation of rankings as runs of the tracking store, one a setting. */
import { systemClock } from "../../core/clock.ts";
import type { MetricPoint } from "../../core/store.ts";
import type { RankingQuality, Scores } from "../../ranking/quality.ts";
import type { EvaluationResult } from "../cases.ts";
import { openStore, type Project } from "../project.ts";

const IDS = ["top1", "top3", "top10", "top50", "mrr"] as const;

/**
 * One run for (a) and one for (b) under an experiment: params, knowledge release, and all figures as metrics.
 * @returns ids of the runs
 */
export async function recordEvaluation(
  project: Project,
  experiment: string,
  result: EvaluationResult,
  startTime: number,
  notify: (notice: { readonly message: string }) => void,
): Promise<readonly string[]> {
  const store = openStore(project, notify);
  const runs: string[] = [];
  try {
    const { experimentId } = await store.ensureExperiment(experiment);
    for (const setting of ["a", "b"] as const) {
      const quality = setting === "a" ? result.all : result.leavePublicationOut;
      const { runId } = await store.createRun({ experimentId, runName: `${result.method} (${setting})`, startTime });
      await store.write(runId, {
        params: {
          family: result.method,
          leave_publication_out: String(setting === "b"),
          folds: String(result.folds),
          seed: String(result.seed),
          top: String(result.top),
          candidates: String(result.candidates),
          cases: String(quality.cases),
        },
        metrics: metricsOf(quality),
        tags: {
          "disease.knowledge": result.knowledge.hash,
          "disease.releases": result.knowledge.files.map(({ what, version }) => `${what} ${version}`.trim()).join(", "),
        },
        status: "FINISHED",
        endTime: systemClock.now(),
      });
      runs.push(runId);
    }
    return runs;
  } finally {
    store.close();
  }
}

function metricsOf(quality: RankingQuality): readonly MetricPoint[] {
  const point = (key: string, value: number): MetricPoint => ({ key, value, timestamp: systemClock.now(), step: 0 });
  const scores = (prefix: string, of: Scores): readonly MetricPoint[] =>
    IDS.map((id) => point(`${prefix}${id}`, of[id]));
  return [
    ...IDS.flatMap((id) => {
      const { value, low, high } = quality.all[id];
      return [point(id, value), point(`${id}_low`, low), point(`${id}_high`, high)];
    }),
    ...scores("group_", quality.group),
    ...scores("by_disease_", quality.byDisease),
    ...scores("by_publication_", quality.byPublication),
    ...quality.byTraining.flatMap(({ label, ...rest }) =>
      scores(`solved_${label.replace("–", "_").replace("+", "_up")}_`, rest),
    ),
  ];
}
