import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseMonitor } from "../../src/app/monitor/file.ts";
import { monitorJsonSchema } from "../../src/monitoring/json-schema.ts";
import { parseWindow } from "../../src/monitoring/monitor-file.ts";
import { rules } from "../../src/monitoring/rules/index.ts";

const experiments = join(import.meta.dirname, "..", "..", "experiments");
const folder = join(experiments, "monitors");

test.each(readdirSync(folder))("the shipped %s can be read, and says what it is for", async (name) => {
  const monitor = await parseMonitor(name, readFileSync(join(folder, name), "utf8"));
  expect(monitor.name).toBe(name.replace(".yaml", ""));
  expect(monitor.description).toMatch(/\S/);
});

test("the committed JSON Schema is the one of these rules", async () => {
  const committed = JSON.parse(readFileSync(join(experiments, "schema/monitor.schema.json"), "utf8"));
  expect(committed).toEqual(JSON.parse(JSON.stringify(await monitorJsonSchema())));
});

test.each(Object.entries(rules))("the rule %s is named as its file, and says what it is for", async (id, load) => {
  const rule = await load();
  expect(rule.id).toBe(id);
  expect(rule.title).toMatch(/^[A-Z]/);
  expect(rule.description).toMatch(/\S/);
});

test("a window is a time or a number of predictions", () => {
  expect(parseWindow("36h")).toEqual({ milliseconds: 36 * 3_600_000 });
  expect(parseWindow("2w")).toEqual({ milliseconds: 14 * 86_400_000 });
  expect(parseWindow(500)).toEqual({ last: 500 });
  for (const text of ["0d", "-1", "7 days", "1.5d", ""]) expect(parseWindow(text)).toBeUndefined();
});
