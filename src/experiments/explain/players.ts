/** What of a patient may be taken away, one thing at a time: a cell, or one label of a cell of labels. */
import type { CategoricalColumn, Column, Frame, MultilabelColumn } from "../../core/dataset.ts";
import { rawValueOf } from "../../core/serving/input.ts";
import type { Evidence } from "../../core/serving/serving.ts";

/** One thing in which a patient differs from the reference. */
export interface Player {
  /** Place of its column in the frames. */
  readonly column: number;
  /** Of a cell of labels: the one that one of the two has. */
  readonly level?: string;
  /** What it is called where it is evidence. */
  readonly feature: Omit<Evidence, "weight">;
}

/** One row of each, columns alike by place and kind. */
export interface Pair {
  readonly patient: Frame;
  readonly reference: Frame;
}

/** Things in which the patient differs from the reference; all others can move nothing. */
export function playersOf({ patient, reference }: Pair): readonly Player[] {
  return patient.columns.flatMap((own, column): Player[] => {
    const other = reference.columns[column]!;
    const [value, usual] = [rawValueOf(own, 0), rawValueOf(other, 0)];
    if (own.kind !== "multilabel" || value === null || usual === null) {
      if (JSON.stringify(value) === JSON.stringify(usual)) return [];
      return [{ column, feature: { feature: own.name, label: own.name, value } }];
    }
    const [has, had] = [new Set(value as string[]), new Set(usual as string[])];
    const differ = [...new Set([...has, ...had])].filter((level) => has.has(level) !== had.has(level));
    return differ.sort().map((level) => ({
      column,
      level,
      feature: { feature: own.name, label: `${own.name}: ${level}`, value: has.has(level) },
    }));
  });
}

/** A row for each subset: the reference with the patient's values of the players in it. */
export function mixedFrame(pair: Pair, players: readonly Player[], subsets: readonly Uint8Array[]): Frame {
  const columns = pair.patient.columns.map((own, column) => {
    const here = players.flatMap((player, j) => (player.column === column ? [{ ...player, j }] : []));
    return mixed(own, pair.reference.columns[column]!, here, subsets);
  });
  return { rows: subsets.length, columns };
}

function mixed(
  own: Column,
  other: Column,
  players: readonly (Player & { readonly j: number })[],
  subsets: readonly Uint8Array[],
): Column {
  const first = players[0];
  const isOwn = (subset: Uint8Array): boolean => first !== undefined && subset[first.j] === 1;
  if (own.kind === "numeric" || own.kind === "boolean") {
    const usual = (other as typeof own).values[0]!;
    return { ...own, values: Float64Array.from(subsets, (subset) => (isOwn(subset) ? own.values[0]! : usual)) };
  }
  const levels = [...new Set([...own.levels, ...(other as typeof own).levels])].sort();
  const place = new Map(levels.map((level, code) => [level, code]));
  if (own.kind === "categorical") {
    const codeOf = ({ levels, codes }: CategoricalColumn): number => place.get(levels[codes[0]!]!) ?? -1;
    const [mine, usual] = [codeOf(own), codeOf(other as CategoricalColumn)];
    return { ...own, levels, codes: Int32Array.from(subsets, (subset) => (isOwn(subset) ? mine : usual)) };
  }
  const cells = subsets.map((subset): readonly string[] | null => {
    if (first?.level === undefined) return labelsOf(isOwn(subset) ? own : (other as MultilabelColumn));
    const labels = new Set(labelsOf(other as MultilabelColumn));
    for (const { j, level, feature } of players) {
      if (subset[j] === 0) continue;
      if (feature.value === true) labels.add(level!);
      else labels.delete(level!);
    }
    return [...labels];
  });
  const offsets = new Uint32Array(subsets.length + 1);
  cells.forEach((cell, row) => {
    offsets[row + 1] = offsets[row]! + (cell?.length ?? 0);
  });
  const codes = Int32Array.from(
    cells.flatMap((cell) => (cell ?? []).map((level) => place.get(level)!).sort((a, b) => a - b)),
  );
  return { ...own, levels, offsets, codes, missing: Uint8Array.from(cells, (cell) => (cell === null ? 1 : 0)) };
}

const labelsOf = (column: MultilabelColumn): readonly string[] | null =>
  rawValueOf(column, 0) as readonly string[] | null;
