import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLake } from "../../src/app/lake/open.ts";
import { findProject } from "../../src/app/project.ts";

const SET = join(import.meta.dirname, "../fixtures/notes/dev");

test("a folder of notes comes into the lake as two tables; what cannot be read is put aside; the same again is nothing new", async () => {
  const root = mkdtempSync(join(tmpdir(), "lake-notes-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "disease.yaml"), "{}\n");
  const notes = join(root, "notes");
  mkdirSync(notes);
  for (const name of ["es01.txt", "en01.txt"]) cpSync(join(SET, name), join(notes, name));
  writeFileSync(join(notes, "broken.pdf"), "%PDF-1.4\nnothing");
  writeFileSync(join(notes, "notes-index.csv"), "file,patient,time\nes01.txt,P1,2024-05-06\nen01.txt,P2,2024-05-07\n");
  const lake = openLake(findProject(root, root), { notify: () => {} });
  const added = await lake.addSource(notes);
  expect(added.quarantined).toBe(1);
  expect(added.tables.map(({ table }) => table).sort()).toEqual(["note_phenotypes", "notes"]);
  const { rows } = await lake.query(
    `SELECT n.patient, n.lang, n.text, p.hpo, p.status FROM note_phenotypes p JOIN notes n USING (note)
     WHERE p.hpo = 'HP:0001250' AND p.status = 'excluded' AND p.time >= TIMESTAMP '2024-01-01' ORDER BY n.patient`,
  );
  expect(rows.map((row) => Object.values(row))).toEqual([
    ["P1", "es", null, "HP:0001250", "excluded"],
    ["P2", "en", null, "HP:0001250", "excluded"],
  ]);
  expect((await lake.addSource(notes)).tables).toEqual([]);
}, 60_000);
