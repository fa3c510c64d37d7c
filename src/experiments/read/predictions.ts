import { readNpy } from "../../core/formats/npy.ts";
import type { Scored } from "../../core/metric.ts";
import type { TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import { readRanks } from "../ranking/score.ts";

/** What a trial predicted for its validation patients. */
export interface Predictions {
  readonly scored: Scored;
  /** What the bootstrap draws: the patient of each row, or the row itself. */
  readonly units: Int32Array;
  readonly splitHash: string;
  /** Seed and fold: repeats come in their order. */
  readonly repeat: readonly [seed: number, fold: number];
}

/** @throws UserError when the run keeps none */
export async function readPredictions(store: TrackingStore, runId: string): Promise<Predictions> {
  const bytes = (name: string): Promise<Uint8Array> => store.readArtifact(runId, `predictions/${name}.npy`);
  const { tags } = await store.getRun(runId);
  const splitHash = tags[Tag.splitHash] ?? runId;
  const repeat = [Number(tags[Tag.seed] ?? 0), Number(tags[Tag.fold] ?? 0)] as const;
  if (tags[Tag.input] === "cases") {
    const scored = await readRanks(bytes);
    return { scored, units: scored.ranks!.publications, splitHash, repeat };
  }
  const [proba, y, units] = (await Promise.all(["validation", "validation_y", "validation_units"].map(bytes))).map(
    readNpy,
  ) as [ReturnType<typeof readNpy>, ReturnType<typeof readNpy>, ReturnType<typeof readNpy>];
  const [rows, k] = proba.shape as [number, number];
  return {
    scored: {
      rows,
      classes: Array.from({ length: k }, (_, i) => String(i)),
      y: y.data as Int32Array,
      proba: proba.data as Float32Array,
      orphans: JSON.parse(tags[Tag.orphans] ?? "[]") as number[],
    },
    units: units.data as Int32Array,
    splitHash,
    repeat,
  };
}
