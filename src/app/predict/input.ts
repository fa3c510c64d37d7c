/** Patients of a file, a folder or standard input, a batch at a time. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { PatientCase } from "../../core/cases.ts";
import { UserError } from "../../core/errors.ts";
import { isCase, readCases } from "../../lake/phenopackets/read.ts";
import { type JsonItem, readJsonItems } from "../../lake/rows/json.ts";
import { readParquetRows } from "../../lake/rows/parquet.ts";
import { type RowBatch, readTextRows } from "../../lake/rows/text.ts";
import { chunksOf, openSource } from "../../lake/source.ts";

export const INPUT_FORMATS = ["csv", "json", "parquet", "phenopackets"] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** Cells of a table; values of JSON, each a patient in whichever form; or cases of a folder or an archive. */
export type InputBatch =
  | { readonly kind: "cells"; readonly batch: RowBatch }
  | { readonly kind: "items"; readonly items: readonly JsonItem[] }
  | { readonly kind: "cases"; readonly cases: readonly PatientCase[] };

export interface PatientInput {
  readonly batches: AsyncIterable<InputBatch>;
  /** How much of it is read, in 0–1; null where its size is not known. */
  share(): number | null;
}

export interface InputOptions {
  /** Told by the content when absent. */
  readonly format?: InputFormat;
  /** Standard input, for "-". */
  readonly stdin: AsyncIterable<Buffer>;
  /** A file of a folder that holds no case. */
  notify(notice: { readonly message: string }): void;
}

/**
 * Opens what `disease predict` is given: a path, or "-".
 * @throws UserError when there is no such file, or it cannot be read
 */
export async function openInput(address: string, options: InputOptions): Promise<PatientInput> {
  const { format } = options;
  if (address === "-") return { batches: ofText(options.stdin, "standard input", format), share: unknown };
  const path = resolve(address);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (format === "phenopackets" || isFolder || /\.zip$/i.test(path)) {
    return { batches: ofCases(path, options), share: unknown };
  }
  const source = await openSource(address);
  if (source.format === "parquet") return { batches: wrapped(readParquetRows(source)), share: unknown };
  const { size } = statSync(path);
  let read = 0;
  const chunks = chunksOf(source, (bytes) => {
    read = bytes;
  });
  return { batches: ofText(chunks, address, format), share: () => Math.min(1, read / size) };
}

const unknown = (): null => null;

export async function* wrapped(batches: AsyncIterable<RowBatch>): AsyncGenerator<InputBatch> {
  for await (const batch of batches) yield { kind: "cells", batch };
}

async function* ofText(chunks: AsyncIterable<Buffer>, path: string, format?: InputFormat): AsyncGenerator<InputBatch> {
  const peeked = await peek(chunks);
  if (peeked === undefined) {
    throw new UserError("there is nothing to read", { where: path, fix: "Give a table with a header, or JSON lines." });
  }
  if (peeked.first.toString("latin1", 0, 4) === "PAR1") {
    throw new UserError("a Parquet file cannot be read as a stream", { where: path, fix: "Give its path." });
  }
  const isJson =
    format === undefined
      ? /^(?:\uFEFF|\xef\xbb\xbf)?\s*[{[]/.test(peeked.first.toString("latin1", 0, 64))
      : format === "json";
  if (!isJson) return yield* wrapped(readTextRows(peeked.all, path));
  for await (const items of readJsonItems(peeked.all, path)) yield { kind: "items", items };
}

/** The first chunk, and all of them. */
async function peek(
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly first: Buffer; readonly all: AsyncIterable<Buffer> } | undefined> {
  const reader = chunks[Symbol.asyncIterator]();
  const { value: first, done } = await reader.next();
  if (done === true) return undefined;
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield first;
      for (;;) {
        const next = await reader.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await reader.return?.();
    }
  }
  return { first, all: all() };
}

/** Cases in one go. */
const CASES = 32;

async function* ofCases(path: string, { notify }: InputOptions): AsyncGenerator<InputBatch> {
  let cases: PatientCase[] = [];
  for (const item of readCases(path)) {
    if (isCase(item)) cases.push(item);
    else notify({ message: `${item.source}: ${item.problem}` });
    if (cases.length < CASES) continue;
    yield { kind: "cases", cases };
    cases = [];
  }
  if (cases.length > 0) yield { kind: "cases", cases };
}
