import { expect, test } from "vitest";
import { testLake } from "../support/lake.ts";
import { addAs, rowsOf } from "../support/lake-files.ts";

test("dates in the future and of long ago are told by their count", async () => {
  using place = testLake();
  await addAs(
    place,
    "a.csv",
    "id,seen,born\n1,2090-01-01 10:00,0020-05-01\n2,2020-01-01 10:00,1950-01-01\n3,,2030-01-01\n",
  );
  expect(place.notices).toEqual([
    'a.csv: column "seen" has one date in the future',
    'a.csv: column "born" has one date in the future',
    'a.csv: column "born" has one date before 1850',
  ]);
});

test("a key with rows that differ is told, or refused; the same row twice is none", async () => {
  const text = "id,age\np1,3\np1,4\np2,5\np2,5\n";
  using place = testLake();
  await addAs(place, "a.csv", text, { key: "ID" });
  expect(place.notices).toEqual(['1 value of "id" in t has several rows that differ (2 rows)']);
  const again = await addAs(place, "a.csv", text);
  expect(again.ingest).toBeNull();
  expect(await rowsOf(place, "SELECT count(*) FROM t")).toEqual([[4]]);
  using other = testLake();
  await expect(addAs(other, "a.csv", text, { key: "id", unique: true })).rejects.toThrow("several rows that differ");
  await expect(addAs(other, "a.csv", text, { key: "patient" })).rejects.toThrow('no column "patient"');
  expect(await other.lake.tables()).toEqual([]);
});
