/** Learns a ranker from solved cases, and keeps it: in a file, and as a run of the tracking store. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import type { KnowledgeRelease } from "../../core/knowledge.ts";
import { othersOf, releasesText } from "../../experiments/ranking/model.ts";
import { knowledgeFor } from "../../ranking/answers.ts";
import { trainRanker } from "../../ranking/learned/ranker.ts";
import { saveRanker } from "../../ranking/learned/saved.ts";
import { solvedCases } from "../../ranking/query.ts";
import { casesOf, openKnowledge, type RankingSettings } from "../cases.ts";
import { openStore, type Project } from "../project.ts";
import { withSmallHeap } from "../small-heap.ts";
import { MODEL_ARTIFACT } from "./model.ts";

export interface TrainSettings extends Omit<RankingSettings, "method" | "onProgress"> {
  readonly seed: number;
  readonly threads: number;
  /** Experiment that gets a run; none when absent. */
  readonly experiment?: string;
  /** File for the ranker. */
  readonly out?: string;
}

export interface TrainedCases {
  readonly knowledge: KnowledgeRelease;
  readonly candidates: number;
  readonly cases: number;
  readonly bytes: number;
  readonly temperature: number;
  readonly run: string | null;
  readonly out: string | null;
}

/** @throws UserError when the cases are too few, or the file cannot be written */
export async function trainCases(project: Project, path: string, settings: TrainSettings): Promise<TrainedCases> {
  const { leavePublicationOut, seed, threads, signal, notify, candidates, enriched } = settings;
  const startTime = systemClock.now();
  const { base, knowledge, solved } = await withSmallHeap(async () => {
    const { base } = await openKnowledge(project, settings.knowledge, notify);
    const { cases } = casesOf(path, notify);
    const knowledge = knowledgeFor(base, settings, cases);
    return { base, knowledge, solved: solvedCases(cases, knowledge) };
  });
  const ranker = await trainRanker({ knowledge, solved, leavePublicationOut, seed, threads, signal });
  const others = othersOf(solved, knowledge);
  const releases = releasesText(base);
  const bytes = saveRanker(
    { knowledge: base.release.hash, releases, candidates, enriched, leavePublicationOut, others },
    ranker,
  );
  const { temperature } = ranker;
  ranker.dispose();
  if (settings.out !== undefined) writeModel(resolve(settings.out), bytes);
  const run = settings.experiment === undefined ? null : await keep(settings.experiment);
  return {
    knowledge: base.release,
    candidates: knowledge.ids.length,
    cases: solved.length,
    bytes: bytes.length,
    temperature,
    run,
    out: settings.out ?? null,
  };

  async function keep(experiment: string): Promise<string> {
    const store = openStore(project, notify);
    try {
      const { experimentId } = await store.ensureExperiment(experiment);
      const { runId } = await store.createRun({ experimentId, runName: "orphan", startTime });
      await store.writeArtifact(runId, MODEL_ARTIFACT, bytes);
      await store.write(runId, {
        params: {
          family: "orphan",
          candidates,
          enriched: String(enriched),
          leave_publication_out: String(leavePublicationOut),
          seed: String(seed),
          cases: String(solved.length),
        },
        metrics: [{ key: "temperature", value: temperature, timestamp: systemClock.now(), step: 0 }],
        tags: { "disease.knowledge": base.release.hash, "disease.releases": releases },
        status: "FINISHED",
        endTime: systemClock.now(),
      });
      return runId;
    } finally {
      store.close();
    }
  }
}

function writeModel(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw new UserError(`the ranker cannot be written: ${messageOf(error)}`, { where: path });
  }
}
