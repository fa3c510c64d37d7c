import { Flags } from "@oclif/core";
import { parseBytes } from "../../app.ts";

/** How files are read, where it cannot be told by them. docs/formats.md */
export const formatFlags = {
  delimiter: Flags.string({
    description: "Between the fields of text tables: , ; | or tab",
    env: "DISEASE_DELIMITER",
    helpGroup: "FORMAT",
    helpValue: "CHARACTER",
  }),
  encoding: Flags.string({
    description: "Of text tables: latin1, utf-16le, …",
    env: "DISEASE_ENCODING",
    helpGroup: "FORMAT",
    helpValue: "NAME",
  }),
  header: Flags.boolean({
    description: "Whether the first row of a text table names its columns",
    env: "DISEASE_HEADER",
    helpGroup: "FORMAT",
    allowNo: true,
  }),
  decimal: Flags.string({
    description: "Between the digits of decimal numbers",
    env: "DISEASE_DECIMAL",
    helpGroup: "FORMAT",
    options: [",", "."],
  }),
  sheet: Flags.string({
    description: "Sheet of an Excel file, by its name or number; the first one when absent",
    env: "DISEASE_SHEET",
    helpGroup: "FORMAT",
    helpValue: "NAME",
  }),
  flatten: Flags.boolean({
    description: "Make columns a.b of nested objects",
    env: "DISEASE_FLATTEN",
    helpGroup: "FORMAT",
  }),
  key: Flags.string({
    description: "Column of which each value should stand for one row; others are told of",
    env: "DISEASE_KEY",
    helpGroup: "FORMAT",
    helpValue: "COLUMN",
  }),
  unique: Flags.boolean({
    description: "Refuse files with several rows that differ for one key",
    env: "DISEASE_UNIQUE",
    helpGroup: "FORMAT",
    dependsOn: ["key"],
  }),
  "keep-text": Flags.boolean({
    description: "Keep the text of notes in the table notes",
    env: "DISEASE_KEEP_TEXT",
    helpGroup: "FORMAT",
  }),
  "max-unpacked": Flags.string({
    description: "Bytes that an archive may unpack to",
    env: "DISEASE_MAX_UNPACKED",
    helpGroup: "FORMAT",
    helpValue: "100GB",
  }),
};

interface FormatFlags {
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly header?: boolean;
  readonly decimal?: string;
  readonly sheet?: string;
  readonly flatten?: boolean;
  readonly key?: string;
  readonly unique?: boolean;
  readonly "keep-text"?: boolean;
  readonly "max-unpacked"?: string;
}

/** Options of the readers: only those that were said. */
export function formatOptions(flags: FormatFlags): Readonly<Record<string, unknown>> {
  const { delimiter, encoding, header, decimal, sheet, flatten, key, unique, "max-unpacked": most } = flags;
  const said = {
    delimiter: delimiter === "tab" || delimiter === "\\t" ? "\t" : delimiter,
    ...{ encoding, header, decimal, sheet, flatten, key, unique },
    keepText: flags["keep-text"],
    maxUnpacked: most === undefined ? undefined : parseBytes(most, "--max-unpacked"),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
