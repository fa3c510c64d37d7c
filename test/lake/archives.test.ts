import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { entriesIn } from "../../src/lake/archives/archive.ts";
import { headBytes } from "../../src/lake/archives/bytes.ts";
import { type TestLake, testLake } from "../support/lake.ts";
import { putAside, rowsOf } from "../support/lake-files.ts";
import { type ZipFile, zipOf } from "../support/zip.ts";

function add(place: TestLake, name: string, bytes: Uint8Array, options: Record<string, unknown> = {}) {
  writeFileSync(join(place.files, name), bytes);
  return place.lake.addSource(join(place.files, name), { options });
}

async function refused(files: readonly ZipFile[], options: Record<string, unknown> = {}): Promise<string> {
  using place = testLake();
  const error = await add(place, "export.zip", zipOf(files), options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect(await place.lake.tables()).toEqual([]);
  const { message, where } = error as UserError;
  return `${where}: ${message}`;
}

const LABS: ZipFile = { name: "data/labs.csv", bytes: "id,value\n1,2.5\n2,3,4\n" };

test.each([false, true])("entries of a ZIP archive are sources by their names (ZIP64: %s)", async (isWide) => {
  using place = testLake();
  const files = [
    LABS,
    { name: "Patient.ndjson", bytes: '{"id":"a"}\n' },
    { name: "__MACOSX/._x", bytes: "x" },
    { name: "README.md", bytes: "hello" },
  ];
  const result = await add(place, "export.zip", zipOf(files, isWide));
  expect(result.tables.map(({ table, added }) => [table, added])).toEqual([
    ["labs", 1],
    ["patient", 1],
  ]);
  expect(result.files).toMatchObject([{ name: "export.zip", reader: "zip", quarantined: 1 }]);
  expect(putAside(place)).toMatchObject([{ source: "export.zip/data/labs.csv", line: 3, offset: 15 }]);
  expect(place.notices.join()).toContain("export.zip/README.md");
  const again = await add(place, "export.zip", zipOf(files, isWide));
  expect(again.ingest).toBeNull();
});

test("a packed file is the file in it", async () => {
  using place = testLake();
  await add(place, "labs.csv.gz", gzipSync("id,value\n1,2.5\n"));
  expect(await rowsOf(place, "SELECT * FROM labs")).toEqual([[1, 2.5]]);
  await expect(add(place, "b.csv.gz", gzipSync("id,value\n1,2.5\n").subarray(0, -9))).rejects.toThrow("cut or broken");
  await expect(add(place, "c.tar.gz", gzipSync("x"))).rejects.toThrow("tar archives are not read");
});

test("what is not to be trusted is refused by the name of its entry, and nothing comes in", async () => {
  const other = (name: string): ZipFile => ({ ...LABS, name });
  expect(await refused([LABS, other("../labs.csv")])).toBe(
    "export.zip/../labs.csv: the entry's path leaves the archive",
  );
  expect(await refused([other("/etc/labs.csv")])).toContain("leaves the archive");
  expect(await refused([other("C:\\labs.csv")])).toContain("leaves the archive");
  expect(await refused([other("a\\..\\..\\labs.csv")])).toContain("leaves the archive");
  expect(await refused([{ ...LABS, isLink: true }])).toContain("symbolic link");
  expect(await refused([{ ...LABS, isEncrypted: true }])).toContain("encrypted");
  expect(await refused([LABS, LABS])).toContain("two entries of this name");
  expect(await refused([LABS, other("inner.zip")])).toContain("holds an archive");
  expect(await refused([{ ...LABS, unpacked: 5 }])).toContain("export.zip/data/labs.csv: the entry is broken");
  expect(await refused([{ name: "a.bin", bytes: "x" }])).toContain("no reader knows");
});

test("a zip bomb is refused, whether it says how large it is or not", async () => {
  const rows = `id,value\n${"0,0\n".repeat(20_000_000)}`;
  expect(await refused([{ name: "a.csv", bytes: rows }])).toContain("a zip bomb?");
  expect(await refused([{ ...LABS, unpacked: 2e6 }], { maxUnpacked: 1e6 })).toContain(
    "unpacks to more than 1000000 bytes",
  );
  expect(await refused([{ name: "a.csv", bytes: rows.slice(0, 2e6), unpacked: 10 }], { maxUnpacked: 1e6 })).toContain(
    "unpacks to more than",
  );
});

test("an archive that is cut is refused", async () => {
  using place = testLake();
  await expect(add(place, "a.zip", zipOf([LABS]).subarray(0, -30))).rejects.toThrow("cut short");
});

test("who reads a packed file is told when the disk fails", async () => {
  using place = testLake();
  const gone = { path: join(place.files, "a.csv.gz"), name: "a.csv.gz", bytes: 100 };
  const [source] = entriesIn({ kind: "archive", id: "gzip" }, gone, { maxUnpacked: 1e6 });
  await expect(headBytes(source!, 10)).rejects.toThrow("ENOENT");
});
