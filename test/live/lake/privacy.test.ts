import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { LakeStorage } from "../../../src/core/lake.ts";
import { createLake, type Lake } from "../../../src/lake/lake.ts";
import { createEncoder } from "../../../src/lake/predictions/format.ts";
import { readPredictions } from "../../../src/lake/predictions/read.ts";
import { forgetInLake } from "../../../src/lake/privacy/forget.ts";
import { keyedHash } from "../../../src/lake/privacy/keyed.ts";
import { forgetPredictions } from "../../../src/lake/privacy/predictions.ts";
import { openFolder } from "../../../src/lake/store/folder.ts";
import { testLake } from "../../support/lake.ts";

const KEY = "a key of a project for tests";

const lakeOn = (storage: LakeStorage): Lake =>
  createLake({
    storage,
    duck: { threads: 1, memory: "500MB" },
    ...{ who: "tester@here", now: () => 1e12, notify: () => {} },
  });

const forget = (storage: LakeStorage) =>
  forgetInLake(lakeOn(storage), {
    patient: "canary-p1",
    isHash: false,
    key: KEY,
    dryRun: false,
    elsewhere: async () => {},
  });

/** A storage that does no more after so many changes. */
function ending(storage: LakeStorage, after: number): LakeStorage & { readonly changes: number } {
  const own = { changes: 0 };
  const change =
    <A extends readonly unknown[], T>(action: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (own.changes >= after) throw new Error("ended");
      own.changes++;
      return action(...args);
    };
  const wrapped = { put: change(storage.put), putNew: change(storage.putNew), remove: change(storage.remove) };
  return Object.defineProperty({ ...storage, ...wrapped, changes: 0 }, "changes", { get: () => own.changes });
}

test("what ended in the middle is ended by the next call, whichever change was the last", async () => {
  for (let after = 0, isWhole = false; !isWhole; after++) {
    using place = testLake();
    writeFileSync(join(place.files, "labs.csv"), "patient,x\ncanary-p1,1\nother-p2,2\ncanary-p1,3,9\n");
    await place.lake.addSource(join(place.files, "labs.csv"));
    const storage = openFolder(place.root);
    isWhole = await forget(ending(storage, after)).then(
      () => true,
      () => false,
    );
    // A reader sees the version with the patient or without.
    const seen = await lakeOn(storage).query("SELECT count(*)::INT FROM labs");
    expect([1, 2]).toContain(seen.rows[0]![0]);
    expect((await lakeOn(storage).verify()).broken).toEqual([]);
    // Its lease is that of a process that is at work: this one.
    for (const name of readdirSync(join(place.root, "ingests")))
      if (name.endsWith(".open")) await storage.remove(`ingests/${name}`);

    const { versions } = await forget(storage);
    expect(versions).toEqual(after === 0 || versions.length > 0 ? ["lake://labs@v1"] : []);
    expect((await lakeOn(storage).query("SELECT patient, x::INT FROM labs")).rows).toEqual([["other-p2", 2]]);
    expect((await lakeOn(storage).verify()).broken).toEqual([]);
    const left = readdirSync(place.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = left.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(texts.join("\n")).not.toMatch(/canary/);
    expect(readdirSync(join(place.root, "curated", "labs"))).toHaveLength(1);
    expect(after).toBeLessThan(40);
  }
});

test("predictions of a patient and what came of them go, also from compressed segments", async () => {
  using place = testLake();
  const hash = keyedHash(KEY, "canary-p1");
  const day = join(place.files, "model", "2026-11-24");
  const feedback = join(place.files, "model", "feedback");
  for (const folder of [day, feedback]) mkdirSync(folder, { recursive: true });
  const record = (id: string, patient: string | null) => ({
    ...{
      id,
      time: Date.UTC(2026, 10, 24),
      request: "r",
      model: { name: "m", version: "1", hash: "h" },
      role: "answer" as const,
    },
    ...{ patient, features: { x: 1 }, probabilities: { flu: 1 }, abstained: false },
  });
  const encode = createEncoder();
  const text = [record("1", null), record("2", hash), record("3", "other")].map(encode).join("");
  writeFileSync(join(day, "a.ndjson"), text);
  writeFileSync(join(day, "b.ndjson.gz"), gzipSync(text));
  const outcomes = [
    { prediction_id: "2", patient: null },
    { prediction_id: null, patient: hash },
    { prediction_id: "3", patient: null },
  ];
  writeFileSync(join(feedback, "f.ndjson"), outcomes.map((one) => `${JSON.stringify(one)}\n`).join(""));

  expect(await forgetPredictions(place.files, new Set([hash]), { dryRun: true })).toBe(4);
  expect(await forgetPredictions(place.files, new Set([hash]), { dryRun: false })).toBe(4);
  const ids: string[] = [];
  for await (const { id } of readPredictions(join(place.files, "model"))) ids.push(id);
  expect(ids).toEqual(["1", "3", "1", "3"]);
  expect(readFileSync(join(day, "a.ndjson"), "utf8")).toHaveLength(text.length);
  expect(gunzipSync(readFileSync(join(day, "b.ndjson.gz"))).toString()).not.toContain(hash);
  expect(readFileSync(join(feedback, "f.ndjson"), "utf8").trim()).toBe(JSON.stringify(outcomes[2]));
  expect(await forgetPredictions(place.files, new Set([hash]), { dryRun: false })).toBe(0);
});
