import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";

/**
 * What to know before a model of a cross-validation is used: ranks are means over the folds, the model is that of one. Undefined
 * for a model of a hold-out.
 */
export async function foldNotice(store: TrackingStore, { info, tags }: Run): Promise<string | undefined> {
  const fold = tags[Tag.fold];
  if (fold === undefined) return undefined;
  const split = JSON.parse(new TextDecoder().decode(await store.readArtifact(info.runId, "split.json"))) as {
    readonly rows: Readonly<Record<"train" | "validation", readonly number[]>>;
  };
  const [train, validation] = [split.rows.train.length, split.rows.validation.length];
  const share = Math.round((100 * train) / (train + validation));
  return `the model is that of fold ${Number(fold) + 1}, trained on ${train} of the ${train + validation} patients that are not test (${share} %), \
while ranks are means over all folds; for one of more patients, run its configuration without folds (docs/models.md)`;
}
