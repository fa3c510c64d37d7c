import type { Column, Frame } from "../../src/core/dataset.ts";
import { createRng } from "../../src/core/rng.ts";

/** Patients with every kind of column and of trouble; row i is of class i % 3. */
export function mixedFrame(rows: number): Frame {
  const rng = createRng(11);
  const numbers = (make: (row: number) => number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => make(i));
  const gap = (value: number, share: number): number => (rng.next() < share ? Number.NaN : value);
  const symptoms: number[][] = Array.from({ length: rows }, () => [0, 1, 2, 3].filter(() => rng.next() < 0.4));
  const missing = Uint8Array.from(symptoms, () => (rng.next() < 0.2 ? 1 : 0));
  const present = symptoms.map((codes, row) => (missing[row] === 1 ? [] : codes));
  const offsets = new Uint32Array(rows + 1);
  present.forEach((codes, row) => {
    offsets[row + 1] = offsets[row] + codes.length;
  });
  return {
    rows,
    columns: [
      { kind: "numeric", name: "edad", values: numbers((i) => gap(40 + (i % 3) * 10 + rng.int(20), 0.2)) },
      { kind: "numeric", name: "glucosa", values: numbers((i) => 1e6 + (i % 3) + rng.next()) },
      { kind: "numeric", name: "constante", values: numbers(() => 3.3) },
      { kind: "numeric", name: "vacía", values: numbers(() => Number.NaN) },
      { kind: "boolean", name: "fiebre", values: numbers((i) => gap(i % 3 === 0 ? 1 : rng.int(2), 0.2)) },
      { kind: "boolean", name: "nunca", values: numbers(() => 0) },
      {
        kind: "categorical",
        name: "región",
        levels: ["costa", "missing", "sierra", "ñandú"],
        codes: Int32Array.from({ length: rows }, () => [-1, 0, 2, 2, 3][rng.int(5)]),
      },
      {
        kind: "categorical",
        name: "sexo",
        levels: ["F", "M"],
        codes: Int32Array.from({ length: rows }, () => rng.int(2)),
      },
      {
        kind: "multilabel",
        name: "síntomas",
        levels: ["ataxia", "fiebre", "infrequent", "tos"],
        offsets,
        codes: Int32Array.from(present.flat()),
        missing,
      },
      // Names that what a step makes could clash with.
      { kind: "numeric", name: "sexo=F", values: numbers(() => rng.next()) },
      { kind: "boolean", name: "edad__missing", values: numbers(() => rng.int(2)) },
    ],
  };
}

/** Numbers without gaps, as impute and encode leave them. */
export function numericFrame(rows: number): Frame {
  const rng = createRng(12);
  const columns = Array.from({ length: 6 }, (_, j): Column => {
    const values = Float64Array.from({ length: rows }, (_, i) => (i % 3) * (j + 1) + rng.next() * 10);
    return { kind: "numeric", name: `x${j}`, values };
  });
  return { rows, columns };
}

/** The same patients, whose levels are listed in another order and with more that nobody has. */
export function relabelled(frame: Frame): Frame {
  const columns = frame.columns.map((column): Column => {
    if (column.kind !== "categorical" && column.kind !== "multilabel") return column;
    const levels = ["another", ...column.levels.toReversed(), "more"];
    const codes = column.codes.map((code) => (code < 0 ? -1 : levels.indexOf(column.levels[code])));
    if (column.kind === "multilabel") {
      for (let row = 0; row < frame.rows; row++) codes.subarray(column.offsets[row], column.offsets[row + 1]).sort();
    }
    return { ...column, levels, codes };
  });
  return { ...frame, columns };
}

/** The same patients, each with a category and with one more symptom that training has not seen. */
export function withUnseenLevels(frame: Frame): Frame {
  const columns = frame.columns.map((column): Column => {
    if (column.kind !== "categorical" && column.kind !== "multilabel") return column;
    const levels = [...column.levels, "zzz unseen"];
    const unseen = levels.length - 1;
    if (column.kind === "categorical") return { ...column, levels, codes: column.codes.map(() => unseen) };
    const rows = Array.from({ length: frame.rows }, (_, row) => [
      ...column.codes.subarray(column.offsets[row], column.offsets[row + 1]),
      unseen,
    ]);
    const offsets = column.offsets.map((offset, row) => offset + row);
    return { ...column, levels, offsets, codes: Int32Array.from(rows.flat()), missing: column.missing.map(() => 0) };
  });
  return { ...frame, columns };
}

/** A frame as people write it: for each column its values, level names or lists of them, null for missing. */
export function readable(frame: Frame): Record<string, unknown> {
  return Object.fromEntries(frame.columns.map((column) => [`${column.kind} ${column.name}`, cells(column)]));
}

function cells(column: Column): unknown[] {
  switch (column.kind) {
    case "numeric":
    case "boolean":
      return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
    case "categorical":
      return Array.from(column.codes, (code) => (code < 0 ? null : column.levels[code]));
    case "multilabel":
      return Array.from(column.missing, (flag, row) => {
        if (flag !== 0) return null;
        const codes = column.codes.subarray(column.offsets[row], column.offsets[row + 1]);
        return Array.from(codes, (code) => column.levels[code]).sort();
      });
  }
}
