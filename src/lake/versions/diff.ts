import type { LakeColumn } from "../../core/lake.ts";

export interface SchemaDiff {
  readonly added: readonly LakeColumn[];
  readonly removed: readonly LakeColumn[];
  readonly retyped: readonly { readonly name: string; readonly from: string; readonly to: string }[];
}

/** What became of a table's columns. Their order does not count, nor does the case of their names, as in SQL. */
export function diffSchema(before: readonly LakeColumn[], after: readonly LakeColumn[]): SchemaDiff {
  const [old, young] = [byName(before), byName(after)];
  return {
    added: after.filter(({ name }) => !old.has(key(name))),
    removed: before.filter(({ name }) => !young.has(key(name))),
    retyped: before.flatMap(({ name, type }) => {
      const to = young.get(key(name))?.type ?? type;
      return to === type ? [] : [{ name, from: type, to }];
    }),
  };
}

export const isSame = ({ added, removed, retyped }: SchemaDiff): boolean =>
  added.length + removed.length + retyped.length === 0;

/** Lines like those of `diff`: "+ weight DOUBLE", "- age BIGINT", "~ sex BIGINT → VARCHAR". */
export function diffLines({ added, removed, retyped }: SchemaDiff): readonly string[] {
  return [
    ...added.map(({ name, type }) => `+ ${name} ${type}`),
    ...removed.map(({ name, type }) => `- ${name} ${type}`),
    ...retyped.map(({ name, from, to }) => `~ ${name} ${from} → ${to}`),
  ];
}

const WIDER: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ["VARCHAR"],
  BIGINT: ["DOUBLE", "VARCHAR"],
  DOUBLE: ["VARCHAR"],
  DATE: ["TIMESTAMP", "VARCHAR"],
  TIMESTAMP: ["VARCHAR"],
  TIME: ["VARCHAR"],
};

/** Whether every value of one type can be written as the other without loss of what it says. */
export const fitsInto = (from: string, to: string): boolean => from === to || (WIDER[from]?.includes(to) ?? false);

/** The columns of both: those of before first, as they were. */
export function mergeSchema(before: readonly LakeColumn[], after: readonly LakeColumn[]): readonly LakeColumn[] {
  return [...before, ...diffSchema(before, after).added];
}

const key = (name: string): string => name.toLowerCase();
const byName = (columns: readonly LakeColumn[]): ReadonlyMap<string, LakeColumn> =>
  new Map(columns.map((column) => [key(column.name), column]));
