import { encodeDouble, type JsonObject } from "./json.ts";
import type { Metric, Tags } from "./types.ts";

/** What one call of log-batch may hold (MLflow's documented limits). */
export const BATCH_LIMITS = { entities: 1000, metrics: 1000, params: 100, tags: 100, bytes: 1_000_000 } as const;

export interface Batch {
  readonly metrics?: readonly Metric[];
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Tags;
}

type Kind = "params" | "metrics" | "tags";

/**
 * The bodies of the log-batch calls that write `batch`, each within MLflow's limits: params first, because they alone can be
 * refused for what is there already, then metrics in their order, then tags.
 */
export function* batchBodies(runId: string, batch: Batch): Generator<JsonObject, void, undefined> {
  let body = emptyBody(runId);
  let bytes = sizeOf(body);
  let entities = 0;
  for (const [kind, item] of items(batch)) {
    const size = sizeOf(item) + 1;
    const full =
      entities === BATCH_LIMITS.entities ||
      body[kind].length === BATCH_LIMITS[kind] ||
      bytes + size >= BATCH_LIMITS.bytes;
    if (full && entities > 0) {
      yield body;
      body = emptyBody(runId);
      bytes = sizeOf(body);
      entities = 0;
    }
    body[kind].push(item);
    bytes += size;
    entities += 1;
  }
  if (entities > 0) yield body;
}

export function metricJson(metric: Metric): JsonObject {
  return {
    key: metric.key,
    value: encodeDouble(metric.value),
    timestamp: metric.timestamp,
    step: metric.step,
    model_id: metric.modelId,
    dataset_name: metric.datasetName,
    dataset_digest: metric.datasetDigest,
  };
}

function* items({ params = {}, metrics = [], tags = {} }: Batch): Generator<[Kind, JsonObject]> {
  for (const [key, value] of Object.entries(params)) yield ["params", { key, value }];
  for (const metric of metrics) yield ["metrics", metricJson(metric)];
  for (const [key, value] of Object.entries(tags)) yield ["tags", { key, value }];
}

function emptyBody(runId: string): { run_id: string } & Record<Kind, JsonObject[]> {
  return { run_id: runId, params: [], metrics: [], tags: [] };
}

function sizeOf(value: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(value));
}
