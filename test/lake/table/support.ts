import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LakeDataset } from "../../../src/lake/build.ts";
import { type ReadOptions, readDataset } from "../../../src/lake/read.ts";

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "disease-lake-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file for the test and returns its path. */
export function fileOf(content: string | Uint8Array, name = "patients.csv"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** Reads a table written for the test; the target is "disease" unless said otherwise. */
export function readText(content: string | Uint8Array, options: Partial<ReadOptions> = {}): Promise<LakeDataset> {
  return readDataset(fileOf(content), { target: "disease", ...options });
}

/** A table of as many rows as `columns` has cells, with a target of two classes that take turns. */
export function tableOf(columns: Readonly<Record<string, readonly string[]>>, delimiter = ","): string {
  const names = Object.keys(columns);
  const rows = columns[names[0]!]!.map((_, row) => [
    ...names.map((name) => columns[name]![row]!),
    row % 2 ? "flu" : "cold",
  ]);
  return [[...names, "disease"], ...rows].map((cells) => cells.join(delimiter)).join("\n");
}

export function columnOf(dataset: LakeDataset, name: string) {
  const column = [...dataset.frame.columns, ...dataset.extra].find((c) => c.name === name);
  if (column === undefined) throw new Error(`no column ${name} among ${dataset.frame.columns.map((c) => c.name)}`);
  return column;
}

/** Cells of a column as plain values: null is missing, labels are joined by +. */
export function cellsOf(dataset: LakeDataset, name: string): unknown[] {
  const column = columnOf(dataset, name);
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
    case "categorical":
      return Array.from(column.codes, (code) => column.levels[code] ?? null);
    case "multilabel":
      return Array.from(column.missing, (missing, row) => {
        const codes = column.codes.subarray(column.offsets[row], column.offsets[row + 1]);
        return missing ? null : Array.from(codes, (code) => column.levels[code]).join("+");
      });
  }
}

export function targetOf({ target }: LakeDataset): string[] {
  return Array.from(target.codes, (code) => target.classes[code]!);
}

export function noticeCodes(dataset: LakeDataset): string[] {
  return dataset.notices.map(({ code }) => code);
}
