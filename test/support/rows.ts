import type { ByteSource, LakeValue, Quarantined, ReadContext, RowBatch } from "../../src/core/lake.ts";

export type Row = Readonly<Record<string, LakeValue>>;

export interface ReadRows {
  /** By table. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly notices: readonly (readonly [code: string, message: string])[];
  readonly quarantined: readonly Quarantined[];
}

/** Bytes as a source that comes in chunks. */
export const bytesSource = (name: string, text: string | Uint8Array, chunk = 1 << 16): ByteSource => ({
  name,
  async *open() {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  },
});

/** All that a reader makes of sources, as one ingest. */
export async function readRows(
  read: (source: ByteSource, context: ReadContext) => AsyncIterable<RowBatch>,
  sources: readonly ByteSource[],
  { now = Date.UTC(2026, 10, 24), finish = (_: ReadContext): void => {} } = {},
): Promise<ReadRows> {
  const rows: Record<string, Row[]> = {};
  const notices: [string, string][] = [];
  const quarantined: Quarantined[] = [];
  const context: ReadContext = {
    signal: new AbortController().signal,
    now,
    shared: new Map(),
    quarantine: (problem) => quarantined.push(problem),
    notice: (code, message) => notices.push([code, message]),
    progress: () => {},
  };
  for (const source of sources) {
    for await (const batch of read(source, context)) {
      const names = Object.keys(batch.columns);
      const list = rows[batch.table] ?? [];
      rows[batch.table] = list;
      for (let i = 0; i < batch.rows; i++) {
        list.push(Object.fromEntries(names.map((name) => [name, batch.columns[name]![i] ?? null])));
      }
    }
  }
  finish(context);
  return { rows, notices, quarantined };
}
