import { expect, test } from "vitest";
import { batchBodies } from "../src/batch.ts";
import { BATCH_LIMITS, type Batch } from "../src/index.ts";

interface Body {
  readonly run_id: string;
  readonly metrics: { key: string; value: number | string; step: number }[];
  readonly params: { key: string; value: string }[];
  readonly tags: { key: string; value: string }[];
}

const bodies = (batch: Batch): Body[] => [...batchBodies("r", batch)] as unknown as Body[];
const metrics = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ key: `m${i % 7}`, value: i, step: i, timestamp: 1 }));
const texts = (count: number, size = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "é".repeat(size)]));

test("a small batch is one call, an empty one is none", () => {
  expect(bodies({})).toEqual([]);
  expect(bodies({ metrics: metrics(1), params: { a: "1" }, tags: { b: "2" } })).toHaveLength(1);
});

test.each([
  ["metrics", { metrics: metrics(2500) }],
  ["params", { params: texts(250) }],
  ["tags", { tags: texts(101) }],
  ["all of them", { metrics: metrics(3000), params: texts(350), tags: texts(350) }],
  ["long texts", { params: texts(100, 6000), tags: texts(100, 8000) }],
  ["one text that is too long for any call", { params: texts(1, 1_000_000) }],
] as [string, Batch][])("calls stay within MLflow's limits and lose nothing: %s", (_, batch) => {
  const sent = bodies(batch);
  for (const body of sent) {
    const entities = body.metrics.length + body.params.length + body.tags.length;
    expect(body.metrics.length).toBeLessThanOrEqual(BATCH_LIMITS.metrics);
    expect(body.params.length).toBeLessThanOrEqual(BATCH_LIMITS.params);
    expect(body.tags.length).toBeLessThanOrEqual(BATCH_LIMITS.tags);
    expect(entities).toBeLessThanOrEqual(BATCH_LIMITS.entities);
    if (entities > 1) expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(BATCH_LIMITS.bytes);
  }
  expect(sent.flatMap((b) => b.metrics)).toHaveLength(batch.metrics?.length ?? 0);
  expect(sent.flatMap((b) => b.params)).toHaveLength(Object.keys(batch.params ?? {}).length);
  expect(sent.flatMap((b) => b.tags)).toHaveLength(Object.keys(batch.tags ?? {}).length);
});

test("params go first, metrics in their order", () => {
  const [first, second] = bodies({ metrics: metrics(1000), params: { a: "1" } });
  expect([first!.params.length, first!.metrics.length, second!.metrics.length]).toEqual([1, 999, 1]);
  expect(second!.metrics[0]!.step).toBe(999);
});

test("numbers that are not finite go as protobuf writes them", () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5];
  const [body] = bodies({ metrics: values.map((value) => ({ key: "a", value, step: 0, timestamp: 0 })) });
  expect(body!.metrics.map((m) => m.value)).toEqual(["NaN", "Infinity", "-Infinity", 0.5]);
});
