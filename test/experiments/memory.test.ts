import { expect, test } from "vitest";
import type { Column } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import { checkFileFits, jobsWithin, memoryNeed, parseBytes } from "../../src/experiments/lanes/memory.ts";

test("amounts of memory are read with their unit", () => {
  const amounts = { "4GB": 4e9, "512 mb": 512e6, "1.5GiB": 1.5 * 2 ** 30, "2000kB": 2e6, "7b": 7 };
  for (const [text, bytes] of Object.entries(amounts)) expect(parseBytes(text, "--memory")).toBe(bytes);
  for (const text of ["", "4", "GB", "-1GB", "0GB", "4 potatoes", "1e9B", "NaNGB"])
    expect(() => parseBytes(text, "--memory"), text).toThrow(UserError);
});

function data(rows: number, columns: number, levels = 0) {
  const numbers = Array.from(
    { length: columns },
    (_, i): Column => ({ kind: "numeric", name: `n${i}`, values: { length: rows } as Float64Array }),
  );
  const names = Array.from({ length: levels }, (_, i) => `l${i}`);
  const codes = { length: rows } as Int32Array;
  const category: Column[] = levels > 0 ? [{ kind: "categorical", name: "c", levels: names, codes }] : [];
  const target = { name: "disease", classes: ["a", "b", "c"], codes };
  return { frame: { rows, columns: [...numbers, ...category] }, target, extra: [] };
}

test("more rows, columns and levels need more", () => {
  const need = memoryNeed(data(100_000, 140));
  // a prepared matrix has 56 MB, the data as they are read 112
  expect(need.job).toBeGreaterThan(2 * 56e6);
  expect(need.main).toBeGreaterThan(2 * 112e6);
  expect(need.job + need.main).toBeLessThan(1e9);
  expect(memoryNeed(data(200_000, 140)).job).toBeGreaterThan(need.job);
  expect(memoryNeed(data(100_000, 200)).main).toBeGreaterThan(need.main);
  expect(memoryNeed(data(100_000, 140, 5000)).job).toBeGreaterThan(10 * need.job);
});

test("no more trials at once than fit, and none is refused with advice", () => {
  const need = { main: 300e6, job: 200e6 };
  expect(jobsWithin(4e9, need, 8, "data.csv")).toBe(8);
  expect(jobsWithin(1e9, need, 8, "data.csv")).toBe(3);
  expect(jobsWithin(500e6, need, 8, "data.csv")).toBe(1);
  try {
    jobsWithin(499e6, need, 8, "--memory");
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 2, where: "--memory", message: expect.stringMatching(/500 MB.*499 MB/) });
    expect((error as UserError).fix.join(" ")).toMatch(/sample/);
  }
});

test("a file as large as the memory is refused before it is read", () => {
  expect(() => checkFileFits(2e9 - 1, 2e9, "data.csv")).not.toThrow();
  expect(() => checkFileFits(2e9, 2e9, "data.csv")).toThrow(/data must fit into memory/);
});
