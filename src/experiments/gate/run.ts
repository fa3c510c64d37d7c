import type { Split } from "../../core/dataset.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { hashBytes } from "../../core/hash.ts";
import type { Scored } from "../../core/metric.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import { parseLocated } from "../located.ts";
import { readPredictions } from "../read/predictions.ts";
import { type ExperimentConfig, schemaOf } from "../schema.ts";

type Parts = Pick<Split, "train" | "validation" | "test">;

/** A finished trial as a gate reads it back. */
export interface GateRun {
  readonly run: Run;
  readonly config: ExperimentConfig;
  /** Where the experiment file is (as it was named). */
  readonly file: string;
  readonly dataHash: string;
  readonly parts: Parts;
  /** Class codes. */
  readonly orphans: readonly number[];
  /** Releases of the knowledge base that it was trained with; null where the run does not say. */
  readonly knowledge: Readonly<Record<string, string>> | null;
}

/** @throws UserError when the run is no finished trial, or its files are missing or changed */
export async function readGateRun(store: TrackingStore, runId: string): Promise<GateRun> {
  const run = await store.getRun(runId);
  const { tags, info } = run;
  const parent = tags[Tag.parent];
  if (tags[Tag.kind] !== "trial" || parent === undefined) {
    throw new UserError("a gate judges one trial, and this run is none", {
      where: `run ${runId}`,
      fix: "`disease exp leaderboard` shows the trials.",
    });
  }
  if (info.status !== "FINISHED") {
    throw new UserError(`the trial did not finish: ${info.status.toLowerCase()}`, {
      where: `run ${runId}`,
      fix: "Name another trial, or run it again: disease exp run.",
    });
  }
  try {
    const text = async (id: string, path: string): Promise<string> =>
      new TextDecoder().decode(await store.readArtifact(id, path));
    const [yaml, sweep, split, facts] = await Promise.all([
      text(runId, "config/experiment.yaml"),
      text(parent, "sweep.json").then((t) => JSON.parse(t) as { file: string; overrides: string[] }),
      text(runId, "split.json").then((t) => JSON.parse(t) as { rows: Record<keyof Parts, number[]> }),
      text(runId, "facts.json").then((t) => JSON.parse(t) as { knowledge?: Record<string, string> }),
    ]);
    const parts = {
      train: Int32Array.from(split.rows.train),
      validation: Int32Array.from(split.rows.validation),
      test: Int32Array.from(split.rows.test),
    };
    const hash = hashBytes("train", parts.train, "validation", parts.validation, "test", parts.test);
    if (hash !== tags[Tag.splitHash]) throw new Error("split.json is not the split of this run: it was changed");
    const { value } = parseLocated(sweep.file, yaml, sweep.overrides);
    return {
      run,
      config: schemaOf(value).parse(value),
      file: sweep.file,
      dataHash: tags[Tag.dataHash] ?? "",
      parts,
      orphans: JSON.parse(tags[Tag.orphans] ?? "[]") as number[],
      knowledge: facts.knowledge ?? null,
    };
  } catch (cause) {
    throw new UserError(`the files of the run cannot be read: ${messageOf(cause)}`, {
      where: `run ${runId}`,
      fix: "Run the trial again: disease exp run --force.",
      cause,
    });
  }
}

/** The predictions on validation that the run kept. */
export async function readValidation(
  store: TrackingStore,
  { run, orphans }: GateRun,
  classes: readonly string[],
): Promise<Scored> {
  const { scored } = await readPredictions(store, run.info.runId);
  return { ...scored, classes, orphans };
}
