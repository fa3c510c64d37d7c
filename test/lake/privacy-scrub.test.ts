import { expect, test } from "vitest";
import { patientHash } from "../../src/app/project-key.ts";
import { openDuck } from "../../src/lake/engine/duck.ts";
import {
  keyedHash,
  keyedHashSql,
  pseudonym,
  pseudonymSql,
  shiftDays,
  shiftDaysSql,
} from "../../src/lake/privacy/keyed.ts";
import { scrub, scrubSql } from "../../src/lake/privacy/scrub.ts";

const KEY = "a key of a project for tests";

const CASES: readonly (readonly [string, string])[] = [
  ["Patient name: María José López-García, MRN: A-123456.", "Patient name: [NAME], MRN: [ID]."],
  ["Seen by Dr. Alice van der Berg on 2024-03-01.", "Seen by Dr. [NAME] on [DATE]."],
  ["Paciente: Juan Pérez Gómez. Edad: 93 años.", "Paciente: [NAME]. Edad: 90+ años."],
  ["La Sra. Carmen Ruiz niega fiebre desde el 3 de marzo de 2023.", "La Sra. [NAME] niega fiebre desde el [DATE]."],
  ["Call 555-123-4567 or mail j.doe+x@example.org.", "Call [PHONE] or mail [EMAIL]."],
  ["Tel. 612 345 678, DNI 12345678Z", "Tel. [PHONE], DNI [ID]"],
  ["See https://example.org/p?id=7 and 10.1.2.3", "See [URL] and [IP]"],
  ["Lives at 12 Old Mill Road, zip 02139.", "Lives at [ADDRESS], zip [ADDRESS]."],
  ["Vive en Calle de la Paz 12, 3º B.", "Vive en [ADDRESS]."],
  ["SSN 999-12-3456; 123-45-6789", "SSN [ID]; [ID]"],
  ["A 94-year-old woman, born March 5, 1930", "A 90+-year-old woman, born [DATE]"],
  ["Firmado por: Elena Martín", "Firmado por: [NAME]"],
  ["urn:uuid:0a8eebfd-a352-522e-89f0-1d4a13abdebc", "urn:uuid:[ID]"],
];

const KEPT = [
  "Hemoglobin A1c 7.2 %, BP 120/80 mmHg, platelets 250000/uL",
  "No fever. Fever may recur. Niega fiebre desde hace 3 meses.",
  "A 45-year-old man with type 2 diabetes",
  "Crohn disease of small intestine (disorder)",
  "Take 2 tablets 3-4 times a day for 10 days",
];

test("scrubs what names a person, a place or a time in both languages, and keeps clinical words", () => {
  expect(CASES.map(([text]) => scrub(text))).toEqual(CASES.map(([, scrubbed]) => scrubbed));
  expect(KEPT.map(scrub)).toEqual(KEPT);
});

test("DuckDB hashes, moves dates and scrubs as JavaScript does", async () => {
  await using duck = await openDuck({ threads: 1, memory: "200MB" });
  const texts = [...CASES.map(([text]) => text), ...KEPT, "p-1", "ñandú"];
  const list = texts.map((text) => `('${text.replaceAll("'", "''")}')`).join(", ");
  const rows = await duck.rows(
    `SELECT t, ${keyedHashSql(KEY, "t")} AS h, ${pseudonymSql(KEY, "t")} AS p, ${shiftDaysSql(KEY, "t")} AS d, ${scrubSql("t")} AS s FROM (VALUES ${list}) v(t)`,
  );
  expect(rows).toEqual(
    texts.map((t) => ({ t, h: keyedHash(KEY, t), p: pseudonym(KEY, t), d: shiftDays(KEY, t), s: scrub(t) })),
  );
  const long = "k".repeat(100);
  expect(await duck.rows(`SELECT ${keyedHashSql(long, "'x'")} AS h`)).toEqual([{ h: keyedHash(long, "x") }]);
});

test("the hash is that of the log of predictions; dates move by up to a year, and always do", () => {
  expect(keyedHash(KEY, "p-1")).toBe(patientHash(KEY, "p-1"));
  const shifts = Array.from({ length: 5000 }, (_, i) => shiftDays(KEY, `patient ${i}`));
  expect(shifts).not.toContain(0);
  expect([Math.min(...shifts), Math.max(...shifts)]).toEqual([-365, 365]);
});
