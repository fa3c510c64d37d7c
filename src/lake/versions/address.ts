import { UserError } from "../../core/errors.ts";
import type { LakeAddress } from "../../core/lake.ts";

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * "lake://patients@v3", "patients@v3" or "patients".
 * @throws UserError for what is none
 */
export function parseAddress(text: string): LakeAddress {
  const match = /^(?:lake:\/\/)?([^@/]+)(?:@v([1-9]\d*))?$/.exec(text);
  if (match === null) {
    throw new UserError(`not an address of a table: ${JSON.stringify(text)}`, {
      fix: "Write lake://patients for the newest version, lake://patients@v3 for the third.",
    });
  }
  const table = checkTable(match[1]!);
  return match[2] === undefined ? { table } : { table, version: Number(match[2]) };
}

export const showAddress = ({ table, version }: LakeAddress): string =>
  version === undefined ? `lake://${table}` : `lake://${table}@v${version}`;

/** @throws UserError for what cannot be a table's name */
export function checkTable(name: string): string {
  if (NAME.test(name)) return name;
  throw new UserError(`not a name of a table: ${JSON.stringify(name)}`, {
    fix: "Take small letters, digits and _, at most 63, and begin with a letter.",
  });
}

/** The table that a file is for when nobody names one: "Lab results 2024.csv.gz" is lab_results_2024. */
export function tableOf(file: string): string {
  const base = file
    .split(/[/\\]/)
    .at(-1)!
    .replace(/(\.[a-z0-9]{1,8}){1,2}$/i, "");
  const plain = base.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const name = plain
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 63);
  return /^[a-z]/.test(name) ? name : `t_${name}`.slice(0, 63);
}
