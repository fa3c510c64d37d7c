import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCache } from "../../../src/lake/store/cache.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function folder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "disease-test-cache-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("a file is fetched once, by several who want it at the same time too", async () => {
  using place = folder();
  const cache = openCache(place.path, 100);
  let fetched = 0;
  const open = async (): Promise<AsyncIterable<Uint8Array>> => {
    fetched++;
    return bytes("a");
  };
  const get = () => cache.get(hashOf("a"), open, "there");
  const [one, two] = await Promise.all([get(), get()]);
  expect(await get()).toBe(one);
  expect(two).toBe(one);
  expect(readFileSync(one, "utf8")).toBe("a");
  expect(fetched).toBe(1);
});

test("what is not what its hash says is refused, and not kept", async () => {
  using place = folder();
  await expect(openCache(place.path, 100).get(hashOf("a"), async () => bytes("b"), "there")).rejects.toThrow("broken");
  expect(readdirSync(place.path)).toEqual([]);
});

test("what was used longest ago makes room, but nothing that is in use", async () => {
  using place = folder();
  const texts = ["a".repeat(40), "b".repeat(40), "c".repeat(40)];
  const before = openCache(place.path, 100);
  for (const [i, text] of texts.slice(0, 2).entries()) {
    const file = await before.get(hashOf(text), async () => bytes(text), "there");
    utimesSync(file, 1000 + i, 1000 + i);
  }
  await openCache(place.path, 100).get(hashOf(texts[2]!), async () => bytes(texts[2]!), "there");
  expect(readdirSync(place.path).sort()).toEqual([hashOf(texts[1]!), hashOf(texts[2]!)].sort());

  const small = openCache(place.path, 50);
  for (const text of texts) await small.get(hashOf(text), async () => bytes(text), "there");
  expect(readdirSync(place.path)).toHaveLength(3);
});
