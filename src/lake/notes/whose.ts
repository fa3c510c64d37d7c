/** Whose a note is and of when, where its text does not say: by the file's name, or by a list beside it. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { readTextRows } from "../rows/text.ts";
import { timeOf } from "./cda.ts";

export interface Whose {
  readonly patient?: string;
  /** Milliseconds since the epoch. */
  readonly time?: number;
}

/** The list that lies beside notes: columns file, patient, time. */
export const LIST = "notes-index.csv";

/** "P001_2024-03-01.txt", "P001_20240301_discharge.pdf": what stands before the date is the patient. */
export function whoseByName(name: string): Whose {
  const match = /^(.+?)_(\d{4})-?(\d{2})-?(\d{2})(?:[_-].*)?\.\w+$/.exec(basename(name));
  if (match === null) return {};
  const [, patient, year, month, day] = match;
  return { patient, time: timeOf(`${year}${month}${day}`) };
}

/**
 * Rows of the list in the folder of a file, by file name; empty where there is none.
 * @throws UserError when it has no columns file and patient
 */
export async function listBeside(path: string): Promise<ReadonlyMap<string, Whose>> {
  const list = join(dirname(path), LIST);
  const found = new Map<string, Whose>();
  if (!(await stat(list).catch(() => undefined))?.isFile()) return found;
  for await (const { names, rows } of readTextRows(createReadStream(list), LIST)) {
    const [file, patient, time] = ["file", "patient", "time"].map((name) => names.indexOf(name));
    if (file < 0 || patient < 0) {
      throw new UserError("the list of notes has no columns file and patient", {
        where: LIST,
        fix: "Its header is file,patient,time: the name of each note, whose it is, and of when (2024-03-01).",
      });
    }
    for (const row of rows) {
      const when = time < 0 ? Number.NaN : Date.parse(String(row[time] ?? ""));
      found.set(String(row[file]), {
        patient: String(row[patient] ?? "") || undefined,
        time: Number.isNaN(when) ? undefined : when,
      });
    }
  }
  return found;
}
