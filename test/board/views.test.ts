import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { savedViews } from "../../src/app/board/views.ts";
import { EMPTY_VIEW } from "../../src/board/view.ts";
import { temporaryFolder } from "../stores/support.ts";

const mine = { ...EMPTY_VIEW, filter: "metrics.f1 > 0.5", columns: [{ id: "params.depth", width: 8, pinned: true }] };

test("views are kept by name in the project, each as it was saved", () => {
  const root = temporaryFolder();
  const views = savedViews({ root });
  expect(views.all()).toEqual({});
  views.save("Mías 1", mine);
  views.save("all", EMPTY_VIEW);
  views.save("Mías 1", { ...mine, differing: true });
  expect(savedViews({ root }).all()).toEqual({ "Mías 1": { ...mine, differing: true }, all: EMPTY_VIEW });
  views.remove("all");
  views.remove("never there");
  expect(Object.keys(views.all())).toEqual(["Mías 1"]);
  expect(readdirSync(join(root, ".disease"))).toEqual(["views.json"]);
});

test("a view that is not there is told with the nearest one", () => {
  const views = savedViews({ root: temporaryFolder() });
  expect(() => views.load("mine")).toThrow(expect.objectContaining({ message: 'no view "mine"' }));
  views.save("mine", mine);
  expect(views.load("mine")).toEqual(mine);
  expect(() => views.load("mien")).toThrow(expect.objectContaining({ fix: ['Did you mean "mine"?'] }));
  expect(() => views.load("toString")).toThrow("no view");
});

test.each(["", "../x", "a/b", "\u001b[31m", "__proto__", "x".repeat(101)])("%j is no name for a view", (name) => {
  const root = temporaryFolder();
  expect(() => savedViews({ root }).save(name, mine)).toThrow("a view's name");
  expect(existsSync(join(root, ".disease"))).toBe(false);
});

test.each([
  ["{", /cannot be read/],
  ['{"version": 2, "views": {}}', /cannot be read/],
  ['{"version": 1, "views": {"a": {"sort": "f1"}}}', /cannot be read/],
])("a file that holds %s is one clear error, and stays as it is", (text, message) => {
  const root = temporaryFolder();
  const file = join(root, ".disease", "views.json");
  mkdirSync(join(root, ".disease"));
  writeFileSync(file, text);
  expect(() => savedViews({ root }).save("mine", mine)).toThrow(message);
  expect(() => savedViews({ root }).all()).toThrow(expect.objectContaining({ where: expect.stringContaining(file) }));
  expect(readFileSync(file, "utf8")).toBe(text);
});
