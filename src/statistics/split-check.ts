import type { Dataset, Notice, Split } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { type Duplicates, findDuplicates } from "./split-duplicates.ts";

export const PARTS = ["train", "validation", "test"] as const;

type Parts = Pick<Split, (typeof PARTS)[number]>;

/**
 * Checks a split wherever it comes from: `refuseBadParts`, and identical rows in different parts are reported.
 * @throws UserError with counts
 */
export function checkSplit(dataset: Pick<Dataset, "frame" | "target" | "group">, parts: Parts): readonly Notice[] {
  refuseBadParts(dataset, parts);
  return crossingNotices(findDuplicates(dataset), parts);
}

/**
 * Refuses parts that are none of this dataset or that leak: a part is empty, a row is out of range or in two parts, a
 * class does not occur in train, a patient (group) is in two parts.
 * @throws UserError with counts
 */
export function refuseBadParts(dataset: Pick<Dataset, "frame" | "target" | "group">, parts: Parts): void {
  const { frame, target, group } = dataset;
  const partOf = partsOfRows(frame.rows, parts);
  const sizes = PARTS.map((part) => `${part} ${parts[part].length}`).join(", ");
  const empty = PARTS.find((part) => parts[part].length === 0);
  if (empty !== undefined) {
    throw new UserError(`the split leaves the ${empty} part empty (${sizes} rows)`, {
      where: "split",
      fix: "Give more patients or groups, or change the fractions.",
    });
  }
  const trained = new Set(Array.from(parts.train, (row) => target.codes[row]!));
  const untrained = target.classes.filter((_, code) => !trained.has(code));
  if (untrained.length > 0) {
    throw new UserError(`${untrained.length} classes do not occur in train: ${untrained.slice(0, 5).join(", ")}`, {
      where: "split",
      fix: "Move one patient of each class to train, or leave the class out of the data.",
    });
  }
  if (group !== undefined) refuseCrossing(partOf, group.codes, group.name);
}

/** [rows] 0 … 2 as in PARTS, -1 for a row in no part. */
function partsOfRows(rows: number, parts: Parts): Int8Array {
  const partOf = new Int8Array(rows).fill(-1);
  for (const [code, part] of PARTS.entries()) {
    for (const row of parts[part]) {
      if (row < 0 || row >= rows) {
        throw new UserError(`row ${row} of the ${part} part is not in the data (rows 0 … ${rows - 1})`, {
          where: "split",
          fix: "Row numbers count from 0 and leave out rows without a target: was the split made for this file?",
        });
      }
      if (partOf[row] !== -1) {
        throw new UserError(`row ${row} is in ${PARTS[partOf[row]!]} and again in ${part}`, {
          where: "split",
          fix: "Name each row once.",
        });
      }
      partOf[row] = code;
    }
  }
  return partOf;
}

function refuseCrossing(partOf: Int8Array, groups: Int32Array, name: string): void {
  const seen = new Map<number, number>();
  for (let row = 0; row < groups.length; row++) {
    if (groups[row]! >= 0 && partOf[row]! >= 0) {
      seen.set(groups[row]!, (seen.get(groups[row]!) ?? 0) | (1 << partOf[row]!));
    }
  }
  const crossing = [...seen].filter(([, parts]) => (parts & (parts - 1)) !== 0);
  if (crossing.length === 0) return;
  const ids = new Set(crossing.map(([id]) => id));
  const rows = groups.reduce((sum, id, row) => sum + (ids.has(id) && partOf[row]! >= 0 ? 1 : 0), 0);
  throw new UserError(
    `${crossing.length} of ${seen.size} groups (${JSON.stringify(name)}) cross the split, with ${rows} rows`,
    { where: "split", fix: "Put all rows of a patient or publication into one part, or let disease draw the split." },
  );
}

/** Says how many rows of validation and test are identical to a row of train. */
export function crossingNotices({ first }: Duplicates, { train, validation, test }: Parts): readonly Notice[] {
  const trained = new Set(Array.from(train, (row) => first[row]!));
  const crossing = [...validation, ...test].filter((row) => trained.has(first[row]!)).length;
  if (crossing === 0) return [];
  const message = `${crossing} rows of validation and test are identical to a row of train`;
  return [{ code: "duplicates-cross", message }];
}
