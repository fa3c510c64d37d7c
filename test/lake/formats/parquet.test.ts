import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { literal, openDuck } from "../../../src/lake/engine/duck.ts";
import { type TestLake, testLake } from "../../support/lake.ts";
import { addAs, rowsOf, typesOf } from "../../support/lake-files.ts";

async function parquet(place: TestLake, query: string): Promise<Buffer> {
  await using duck = await openDuck({ threads: 1 });
  const path = join(place.files, "made.parquet");
  await duck.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet)`);
  return readFileSync(path);
}

const NESTED = "SELECT 1 AS id, {'name': 'x', 'codes': [1, 2]} AS item, DATE '2020-01-02' AS day";

test("a nested schema is kept and shown, or flattened", async () => {
  using place = testLake();
  await addAs(place, "a.parquet", await parquet(place, NESTED));
  expect(await typesOf(place)).toEqual({ id: "INTEGER", item: 'STRUCT("name" VARCHAR, codes INTEGER[])', day: "DATE" });
  using flat = testLake();
  await addAs(flat, "a.parquet", await parquet(flat, NESTED), { flatten: true });
  expect(await typesOf(flat)).toEqual({
    id: "INTEGER",
    "item.name": "VARCHAR",
    "item.codes": "INTEGER[]",
    day: "DATE",
  });
  expect(await rowsOf(flat, 'SELECT "item.name" FROM t')).toEqual([["x"]]);
});

test("a file that is cut, encrypted, broken or none is refused by what it is", async () => {
  using place = testLake();
  const whole = await parquet(place, NESTED);
  await expect(addAs(place, "a.parquet", whole.subarray(0, -20))).rejects.toThrow("cut: its end is missing");
  await expect(addAs(place, "b.parquet", Buffer.concat([Buffer.from("PARE"), whole.subarray(4)]))).rejects.toThrow(
    "encrypted",
  );
  await expect(addAs(place, "c.parquet", "id,a\n1,2\n")).rejects.toThrow("no Parquet file");
  await expect(addAs(place, "d.parquet", Buffer.from("PAR1 nothing PAR1"))).rejects.toThrow("cannot be read");
});
