import { messageOf } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import type { TrackingStore } from "../core/store.ts";
import { type AuditRecord, readTrail, recordPath, type Trail } from "./audit.ts";
import type { ModelState } from "./state.ts";

/**
 * The audit trail of a model, its chain checked, and each record compared with its copy in the run of its version. (The record
 * names the run of the store that it was written in, which in another store has another id.)
 */
export async function history(store: TrackingStore, { model, versions }: ModelState): Promise<Trail> {
  const { records, problems } = readTrail(model, versions);
  const runs = new Map(versions.map(({ version, runId }) => [version, runId]));
  const copies = await Promise.all(records.map((record) => copyProblem(store, record, runs.get(record.version))));
  return { records, problems: [...problems, ...copies.filter((p) => p !== undefined)] };
}

async function copyProblem(
  store: TrackingStore,
  record: AuditRecord,
  run: string | null | undefined,
): Promise<string | undefined> {
  if (record.runId === null) return undefined;
  const runId = run ?? record.runId;
  let text: string;
  try {
    text = new TextDecoder().decode(await store.readArtifact(runId, recordPath(record)));
  } catch (error) {
    return `the copy of record ${record.sequence} in run ${runId} cannot be read: ${messageOf(error)}`;
  }
  try {
    if (canonicalJson(JSON.parse(text)) === canonicalJson(record)) return undefined;
  } catch {
    // said below
  }
  return `the copy of record ${record.sequence} in run ${runId} says something else`;
}
