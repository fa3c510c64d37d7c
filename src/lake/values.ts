import type { CategoricalColumn, MultilabelColumn } from "../core/dataset.ts";
import { PLAIN_NUMBER } from "../core/formats/cells.ts";
import { selectColumnRows } from "../core/frame.ts";
import type { ListValues, RawValues, TextValues } from "./table.ts";

/** The given rows of a raw column. */
export function selectValues(values: RawValues, rows: Int32Array): RawValues {
  switch (values.form) {
    case "text":
      return compact({ ...values, codes: rows.map((row) => values.codes[row]!) });
    case "numbers":
      return { ...values, values: Float64Array.from(rows, (row) => values.values[row]!) };
    case "lists": {
      const { offsets, codes, missing } = values;
      const column = { kind: "multilabel", name: "", levels: values.texts, offsets, codes, missing } as const;
      return { ...values, ...selectColumnRows<MultilabelColumn>(column, rows) };
    }
    case "other":
      return values;
  }
}

/** The column as texts; numbers are written as JavaScript writes them. Undefined for what has no text form. */
export function toText(values: RawValues): TextValues | undefined {
  if (values.form === "text") return values;
  if (values.form !== "numbers") return undefined;
  const codeOf = new Map<number, number>();
  const codes = Int32Array.from(values.values, (value) => {
    if (Number.isNaN(value)) return -1;
    const known = codeOf.get(value) ?? codeOf.size;
    codeOf.set(value, known);
    return known;
  });
  const name = (value: number): string =>
    values.boolean ? (value === 1 ? "true" : "false") : String(value === 0 ? 0 : value);
  return { form: "text", texts: [...codeOf.keys()].map(name), codes };
}

/** Without the texts that do not occur. */
function compact({ texts, codes }: TextValues): TextValues {
  const used = [...new Set(codes)].filter((code) => code >= 0).sort((a, b) => a - b);
  const codeOf = new Map(used.map((code, i) => [code, i]));
  return { form: "text", texts: used.map((code) => texts[code]!), codes: codes.map((code) => codeOf.get(code) ?? -1) };
}

/** table[code] of each code; NaN for -1. */
export function lookUp(table: Float64Array, codes: Int32Array): Float64Array {
  const values = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row++) values[row] = codes[row]! < 0 ? Number.NaN : table[codes[row]!]!;
  return values;
}

/**
 * Categories with sorted levels. Where every text is a plain number ("1", "2.50"; not "01"), the level is the
 * number as JavaScript writes it, so that "1.0" in a text file and 1 in Parquet are one level.
 */
export function toCategories(name: string, values: TextValues): CategoricalColumn {
  const { texts } = values;
  const plain = texts.every((text) => PLAIN_NUMBER.test(text));
  const { levels, codeOf } = sortedLevels(plain ? texts.map((text) => String(Number(text))) : texts);
  return { kind: "categorical", name, levels, codes: values.codes.map((code) => codeOf[code] ?? -1) };
}

/** Cells of texts cut at the separator; a cell of separators only is a known empty list. */
export function splitTexts({ texts, codes }: TextValues, separator: string): ListValues {
  const labels: string[] = [];
  const codeOf = new Map<string, number>();
  const lists = texts.map((text) =>
    text
      .split(separator)
      .map((label) => label.trim())
      .filter((label) => label !== "")
      .map((label) => {
        const known = codeOf.get(label);
        if (known !== undefined) return known;
        codeOf.set(label, labels.length);
        return labels.push(label) - 1;
      }),
  );
  const offsets = new Uint32Array(codes.length + 1);
  codes.forEach((code, row) => {
    offsets[row + 1] = offsets[row]! + (lists[code]?.length ?? 0);
  });
  const all = new Int32Array(offsets[codes.length]!);
  codes.forEach((code, row) => {
    all.set(lists[code] ?? [], offsets[row]);
  });
  return { form: "lists", texts: labels, offsets, codes: all, missing: Uint8Array.from(codes, (c) => (c < 0 ? 1 : 0)) };
}

/** Labels with sorted levels that occur, ascending and without doubles within a row. */
export function toMultilabel(name: string, values: ListValues): MultilabelColumn {
  const rows = values.missing.length;
  const { texts, codes: all } = compact({ form: "text", texts: values.texts, codes: values.codes });
  const { levels, codeOf } = sortedLevels(texts);
  const offsets = new Uint32Array(rows + 1);
  const codes = new Int32Array(values.codes.length);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const cell = all.subarray(values.offsets[row], values.offsets[row + 1]).map((code) => codeOf[code]!);
    cell.sort();
    cell.forEach((code, i) => {
      if (i === 0 || code !== cell[i - 1]) codes[at++] = code;
    });
    offsets[row + 1] = at;
  }
  return { kind: "multilabel", name, levels, offsets, codes: codes.slice(0, at), missing: values.missing };
}

/** Levels by code unit (the default order of sort), and the level of each text. */
function sortedLevels(texts: readonly string[]): { levels: string[]; codeOf: Int32Array } {
  const levels = [...new Set(texts)].sort();
  const position = new Map(levels.map((level, i) => [level, i]));
  return { levels, codeOf: Int32Array.from(texts, (text) => position.get(text)!) };
}
