import { expect, test } from "vitest";
import { listSupply, schedule } from "../../src/experiments/schedule.ts";

const key = (item: string): string => item[0]!;

test("each item runs once, after its preparation, which is made once", async () => {
  const log: string[] = [];
  await schedule(
    listSupply(["a1", "a2", "b1", "b2", "b3"]),
    2,
    key,
    async (item) => {
      log.push(`prepare ${key(item)}`);
    },
    async (item) => {
      log.push(item);
    },
  );
  expect(log.filter((l) => l.startsWith("prepare")).sort()).toEqual(["prepare a", "prepare b"]);
  expect(log.filter((l) => !l.startsWith("prepare")).sort()).toEqual(["a1", "a2", "b1", "b2", "b3"]);
  for (const k of ["a", "b"]) expect(log.indexOf(`prepare ${k}`)).toBeLessThan(log.findIndex((l) => l.startsWith(k)));
});

test("no more lanes than the capacity are busy", async () => {
  let busy = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++busy);
    await new Promise((resolve) => setImmediate(resolve));
    busy--;
  };
  await schedule(listSupply(Array.from({ length: 20 }, (_, i) => `x${i}`)), 3, key, work, work);
  expect(most).toBe(3);
});

test("a preparation that fails is told to each of its items, and the others run", async () => {
  const seen: Record<string, unknown> = {};
  await schedule(
    listSupply(["a1", "b1", "a2"]),
    1,
    key,
    async (item) => {
      if (key(item) === "a") throw new Error("singular");
    },
    async (item, unprepared) => {
      seen[item] = unprepared;
    },
  );
  expect(seen.a1).toEqual(new Error("singular"));
  expect(seen.a2).toEqual(new Error("singular"));
  expect(seen.b1).toBeUndefined();
});

test("the first rejection of a run stops the lanes and is thrown", async () => {
  const ran: string[] = [];
  const all = schedule(
    listSupply(["a1", "a2", "a3"]),
    1,
    key,
    async () => {},
    async (item) => {
      ran.push(item);
      if (item === "a2") throw new Error("disk full");
    },
  );
  await expect(all).rejects.toThrow("disk full");
  expect(ran).toEqual(["a1", "a2"]);
});
