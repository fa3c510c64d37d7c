import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRng } from "../../../src/core/rng.ts";
import { literal, openDuck } from "../../../src/lake/engine/duck.ts";
import { type TestLake, testLake } from "../../support/lake.ts";
import { addAs, rowsOf } from "../../support/lake-files.ts";

const HOSTILE = [
  "plain",
  "a,b",
  "a;b",
  "a\tb",
  'say "hi"',
  '"',
  '""',
  "two\nlines",
  "a\r\nb",
  " spaced ",
  "#comment",
  "NULL",
  "null",
  "NaN",
  "007",
  "1e5",
  "1.50",
  "03/04/2020",
  "2020-01-01",
  "true",
  "José",
  "日本",
  "🧬",
  "'; DROP TABLE t; --",
  "=1+1",
  "\\",
  "\\n",
  "{}",
  "[1]",
  "-",
  "|",
  "%s",
];
const RUNS = 12;

interface Row {
  readonly id: number;
  readonly text: string | null;
  readonly number: number | null;
  readonly flag: boolean | null;
  readonly day: string | null;
}

function randomRows(seed: number): readonly Row[] {
  const rng = createRng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rng.next() * list.length)]!;
  const orNull = <T>(value: T): T | null => (rng.next() < 0.15 ? null : value);
  const rows = Array.from({ length: 1 + Math.floor(rng.next() * 40) }, (_, id) => ({
    id,
    text: orNull(`${pick(HOSTILE)}${rng.next() < 0.3 ? pick(HOSTILE) : ""}`),
    number: orNull(pick([0, -1, 1.5, 1e-7, 123456789, -0.1, 2 ** 40, rng.next() * 1e6])),
    flag: orNull(rng.next() < 0.5),
    day: orNull(
      `20${10 + Math.floor(rng.next() * 10)}-0${1 + Math.floor(rng.next() * 9)}-1${Math.floor(rng.next() * 10)}`,
    ),
  }));
  // One that is of its type in every column.
  return [...rows, { id: rows.length, text: "x", number: 0.5, flag: true, day: "2020-01-01" }];
}

const names = ["id", "text", "number", "flag", "day"] as const;

function delimited(rows: readonly Row[], delimiter: string): string {
  const cell = (value: unknown): string => {
    const text = value === null ? "" : String(value);
    return /["\r\n]|^\s|\s$/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((row) => row.map(cell).join(delimiter))
    .join("\n");
}

async function parquet(place: TestLake, rows: readonly Row[]): Promise<Buffer> {
  const [from, to] = [join(place.files, "from.json"), join(place.files, "to.parquet")];
  writeFileSync(from, JSON.stringify(rows));
  await using duck = await openDuck({ threads: 1 });
  const columns = "{id: 'BIGINT', text: 'VARCHAR', number: 'DOUBLE', flag: 'BOOLEAN', day: 'DATE'}";
  await duck.run(
    `COPY (SELECT * FROM read_json(${literal(from)}, columns = ${columns})) TO ${literal(to)} (FORMAT parquet)`,
  );
  return readFileSync(to);
}

const writers: Readonly<Record<string, (rows: readonly Row[], place: TestLake) => string | Promise<Uint8Array>>> = {
  "a.csv": (rows) => delimited(rows, ","),
  "a.tsv": (rows) => delimited(rows, "\t"),
  "b.csv": (rows) => delimited(rows, ";"),
  "a.json": (rows) => JSON.stringify(rows, null, 1),
  "a.ndjson": (rows) => rows.map((row) => JSON.stringify(row)).join("\n"),
  "a.parquet": (rows, place) => parquet(place, rows),
};

test.each(Object.keys(writers))(
  "whatever the cells hold, %s gives them back",
  async (name) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      using place = testLake();
      const rows = randomRows(seed);
      const result = await addAs(place, name, await writers[name]!(rows, place), { header: true });
      expect(result.quarantined, `seed ${seed}`).toBe(0);
      const found = await rowsOf(place, "SELECT id, text::VARCHAR, number, flag, day::VARCHAR FROM t ORDER BY id");
      expect(found, `seed ${seed}`).toEqual(rows.map((row) => names.map((column) => row[column])));
    }
  },
  60_000,
);
