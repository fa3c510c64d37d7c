import { expect, test } from "vitest";
import { listSupply, schedule, takeFrom } from "../../src/experiments/schedule.ts";

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

test("a lane leaves short items to the lanes that have run their like, as long as there are others", async () => {
  const queue = ["a1", "a2", "a3", "b1", "b2", "c1"];
  const supply = {
    take: (readiness: Parameters<typeof takeFrom<string>>[1], isForeign?: (item: string) => boolean) =>
      takeFrom(queue, readiness, () => 0.1, isForeign),
  };
  const lanes: Record<string, number> = {};
  await schedule(
    supply,
    2,
    () => undefined,
    async () => {},
    async (item, _, lane) => {
      lanes[item] = lane;
      await new Promise((resolve) => setImmediate(resolve));
    },
    key,
  );
  expect(lanes).toEqual({ a1: 0, b1: 1, a2: 0, b2: 1, a3: 0, c1: 1 });
});

test("items that take long, and the last ones, go to any lane", () => {
  const foreign = (item: string): boolean => item.startsWith("f");
  const cost = (item: string): number => Number(item.slice(1));
  const queue = ["f0.2", "f9", "n0.1", "n3"];
  const order = Array.from({ length: 4 }, () => takeFrom(queue, () => "ready", cost, foreign));
  expect(order).toEqual(["f9", "n3", "n0.1", "f0.2"]);
});
