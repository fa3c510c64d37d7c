import { randomUUID } from "node:crypto";
import type { Verdict } from "../../core/gate.ts";
import { hashBytes } from "../../core/hash.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";
import type { GateRun } from "./run.ts";

/** Every look of a gate at a test set, as tags: each run that was judged carries its own looks, one tag each. */
const SET = "disease.test_set";
const LOOK = "disease.look.";
const COUNT = "disease.test_looks";

export interface Look {
  /** ISO 8601. */
  readonly when: string;
  readonly who: string;
  readonly runId: string;
  readonly gate: string;
  readonly gateHash: string;
  /** null while it is under way, or where it broke off. */
  readonly verdict: Verdict | null;
}

/** What the test set is: the same patients of the same data, whatever the rest of the split is. */
export function testSetOf({ dataHash, parts }: Pick<GateRun, "dataHash" | "parts">): string {
  return hashBytes(dataHash, parts.test).slice(0, 32);
}

/** All looks at a test set, of every run in the store, deleted ones too; oldest first. */
export async function looksAt(store: TrackingStore, testSet: string): Promise<readonly Look[]> {
  const looks: Look[] = [];
  let pageToken: string | undefined;
  const experimentIds = (await store.listExperiments("all")).map((e) => e.experimentId);
  do {
    const page = await store.searchRuns({
      experimentIds,
      filter: `tags.\`${SET}\` = '${testSet}'`,
      view: "all",
      columns: { metrics: [], params: [], tags: "all" },
      maxResults: 1000,
      pageToken,
    });
    for (const { info, tags } of page.items) {
      for (const [key, value] of Object.entries(tags)) {
        if (key.startsWith(LOOK)) looks.push({ ...(JSON.parse(value) as Omit<Look, "runId">), runId: info.runId });
      }
    }
    pageToken = page.nextPageToken;
  } while (pageToken);
  return looks.sort((a, b) => (a.when < b.when ? -1 : 1));
}

/** All looks at the test set that a run was judged on, if any gate has looked. */
export async function looksAtRun(store: TrackingStore, { tags }: Pick<Run, "tags">): Promise<readonly Look[]> {
  const testSet = tags[SET];
  return testSet === undefined ? [] : looksAt(store, testSet);
}

/**
 * Writes down a look before it is taken, so that one that breaks off counts too.
 * @returns how many looks there are now, and what adds the verdict
 */
export async function recordLook(
  store: TrackingStore,
  candidate: GateRun,
  look: Omit<Look, "runId" | "verdict">,
): Promise<{ readonly looks: number; seal(verdict: Verdict): Promise<void> }> {
  const { info, tags } = candidate.run;
  const testSet = testSetOf(candidate);
  const key = `${LOOK}${randomUUID()}`;
  const write = (verdict: Verdict | null): Promise<void> =>
    store.write(info.runId, { tags: { [SET]: testSet, [key]: JSON.stringify({ ...look, verdict }) } });
  await write(null);
  const looks = (await looksAt(store, testSet)).length;
  for (const runId of [info.runId, tags[Tag.parent]!]) {
    await store.write(runId, { tags: { [COUNT]: String(looks) } });
  }
  return { looks, seal: write };
}
