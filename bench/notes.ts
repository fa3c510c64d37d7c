/**
 * Notes of 2 kB a second through the recogniser with all terms of the HPO, with its target, and precision, recall and F1 on the gold set.
 *
 *     node bench/notes.ts [--knowledge DIR]     default: the excerpt that ships; the target is meant with the whole HPO
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openNoteReader } from "../src/app/lake/note-reader.ts";
import { judgeNotes } from "../src/app/lake/notes.ts";
import { findProject } from "../src/app/project.ts";

const TARGET = 200;
const LENGTH = 2000;
const NOTES = 2000;

const { knowledge } = parseArgs({ options: { knowledge: { type: "string" } } }).values;
const root = join(import.meta.dirname, "..");
const project = findProject(root);
const set = join(root, "test/fixtures/notes");

const started = performance.now();
const { read, release, terms } = await openNoteReader(project, knowledge);
console.log(`${release}, ${terms} terms; ready after ${Math.round(performance.now() - started)} ms`);

/** Notes of the gold set one after another in other orders, cut to length, so that none is like another. */
const texts = ["dev", "heldout"].flatMap((part) =>
  readdirSync(join(set, part))
    .filter((name) => name.endsWith(".txt"))
    .map((name) => readFileSync(join(set, part, name), "utf8")),
);
const spanish = texts.filter((_, i) => read(texts[i]).lang === "es");
const english = texts.filter((_, i) => read(texts[i]).lang === "en");
const notes = Array.from({ length: NOTES }, (_, i) => {
  const all = i % 2 === 0 ? spanish : english;
  const step = 1 + (i % (all.length - 1));
  return Array.from({ length: 6 }, (_, j) => all[(i * 7 + j * step) % all.length])
    .join("\n\n")
    .slice(0, LENGTH);
});

for (const note of notes.slice(0, 100)) read(note);
const before = process.cpuUsage();
let found = 0;
for (const note of notes) found += read(note).mentions.length;
const { user, system } = process.cpuUsage(before);
const rate = NOTES / ((user + system) / 1e6);
console.log(
  `${Math.round(rate).toLocaleString("en")} notes of 2 kB a CPU second, ${(found / NOTES).toFixed(1)} findings each; target ${TARGET}`,
);

for (const part of ["dev", "heldout"]) {
  const { all, concepts, groups } = await judgeNotes(project, join(set, part), { knowledge });
  const f1 = groups.map(({ lang, status, f1: value }) => `${lang} ${status} ${value.toFixed(3)}`).join(", ");
  console.log(
    `${part}: precision ${all.precision.toFixed(3)}, recall ${all.recall.toFixed(3)}, F1 ${all.f1.toFixed(3)} (terms alone ${concepts.f1.toFixed(3)}); F1: ${f1}`,
  );
}
process.exitCode = rate >= TARGET ? 0 : 1;
