/** k-anonymity (Sweeney 2002) and l-diversity (Machanavajjhala et al. 2007) of a table; counts alone. */
import { UserError } from "../../core/errors.ts";
import { identifier } from "../engine/duck.ts";
import type { Lake } from "../lake.ts";
import { showAddress } from "../versions/address.ts";

/** Columns that others may know of a patient, where a table has them. */
const QUASI = [
  "age",
  "age_years",
  "birth_date",
  "sex",
  "gender",
  "race",
  "ethnicity",
  "postcode3",
  "postcode",
  "zip",
  "state",
];

export interface AnonymityOptions {
  readonly quasi?: readonly string[];
  readonly sensitive?: string;
  readonly k: number;
}

export interface Anonymity {
  readonly address: string;
  readonly quasi: readonly string[];
  readonly rows: number;
  /** Sets of rows that are equal in all quasi-identifiers. */
  readonly classes: number;
  /** Rows of the smallest class; 0 of an empty table. */
  readonly smallest: number;
  readonly asked: number;
  readonly classesBelow: number;
  /** In classes of fewer rows than asked. */
  readonly rowsAtRisk: number;
  /** Rows at risk when one column is left out: the lower, the more it drives. */
  readonly without: Readonly<Record<string, number>>;
  /** Distinct values of the sensitive column in the class that has fewest, and rows of classes with one alone. */
  readonly diversity: { readonly column: string; readonly smallest: number; readonly rowsOfOne: number } | null;
}

/** @throws UserError for a column that the table has not, and without any */
export async function anonymityOf(
  lake: Lake,
  address: string,
  { quasi, sensitive, k }: AnonymityOptions,
): Promise<Anonymity> {
  const version = await lake.resolve(address);
  const names = version.schema.map(({ name }) => name);
  const chosen = quasi ?? names.filter((name) => QUASI.includes(name.toLowerCase()));
  const missing = [...chosen, ...(sensitive === undefined ? [] : [sensitive])].find((name) => !names.includes(name));
  if (missing !== undefined || chosen.length === 0) {
    throw new UserError(
      missing === undefined ? "no column is known as a quasi-identifier" : `the table has no column ${missing}`,
      {
        where: showAddress(version),
        fix: `Name columns with --quasi; it has ${names.join(", ")}.`,
      },
    );
  }
  const from = `FROM ${identifier(`${version.table}@v${version.version}`)}`;
  const count = async (columns: readonly string[], extra = ""): Promise<readonly number[]> => {
    const groups = columns.length === 0 ? "" : `GROUP BY ${columns.map(identifier).join(", ")}`;
    const { rows } = await lake.query(
      `SELECT count(*)::DOUBLE, coalesce(min(n), 0)::DOUBLE, count(*) FILTER (n < ${k})::DOUBLE, coalesce(sum(n) FILTER (n < ${k}), 0)::DOUBLE, coalesce(sum(n), 0)::DOUBLE${extra === "" ? "" : ", coalesce(min(l), 0)::DOUBLE, coalesce(sum(n) FILTER (l <= 1), 0)::DOUBLE"} FROM (SELECT count(*) AS n${extra} ${from} ${groups})`,
    );
    return (rows[0] ?? []).map(Number);
  };
  const distinct = sensitive === undefined ? "" : `, count(DISTINCT ${identifier(sensitive)}) AS l`;
  const counted = await count(chosen, distinct);
  const [classes, smallest, classesBelow, rowsAtRisk, rows] = counted as [number, number, number, number, number];
  const without: Record<string, number> = {};
  for (const name of chosen) without[name] = (await count(chosen.filter((other) => other !== name)))[3]!;
  const diversity =
    sensitive === undefined ? null : { column: sensitive, smallest: counted[5]!, rowsOfOne: counted[6]! };
  return {
    address: showAddress(version),
    quasi: chosen,
    rows,
    classes,
    smallest,
    asked: k,
    classesBelow,
    rowsAtRisk,
    without,
    diversity,
  };
}
