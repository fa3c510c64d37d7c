import { expect, test } from "vitest";
import { buildCard } from "../../../src/reports/card/card.ts";
import { cardHtml } from "../../../src/reports/card/html.ts";
import { cardMarkdown } from "../../../src/reports/card/markdown.ts";
import { TRIPOD } from "../../../src/reports/card/tripod.ts";
import { knownInput } from "./input.ts";

const CLASSES = ["psoriasis", "lichen", "rare one"];

test("the sections are those of Mitchell et al., then history and TRIPOD+AI", () => {
  const { card } = buildCard(knownInput(CLASSES));
  expect(card.sections.map(({ title }) => title)).toEqual([
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Training and evaluation data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
    "History and monitoring",
    "TRIPOD+AI checklist",
  ]);
});

test("TRIPOD+AI has its 27 items with 52 parts, each once", () => {
  const ids = TRIPOD.map(({ id }) => id);
  expect(new Set(ids).size).toBe(52);
  expect(new Set(ids.map((id) => id.replace(/[a-g]$/, "")))).toEqual(
    new Set(Array.from({ length: 27 }, (_, i) => String(i + 1))),
  );
  expect(TRIPOD.filter(({ of }) => of === "D").map(({ id }) => id)).toEqual([
    "9a",
    "12a",
    "12b",
    "12c",
    "15",
    "22",
    "27a",
    "27b",
  ]);
  expect(TRIPOD.filter(({ of }) => of === "E").map(({ id }) => id)).toEqual(["12f", "12g", "20c", "24"]);
});

test("what neither run nor people say is a gap that names who must fill it, and the summary counts them", () => {
  const { checklist, summary } = buildCard(knownInput(CLASSES));
  const of = (status: string): string[] => checklist.filter((item) => item.status === status).map(({ id }) => id);
  expect(of("gap")).toEqual(expect.arrayContaining(["3a", "3b", "17", "18a", "19"]));
  expect(checklist.find(({ id }) => id === "17")!.text).toBe("To be said by the principal investigator.");
  expect(of("filled")).toEqual(expect.arrayContaining(["11", "12a", "12c", "20a", "21"]));
  const done = of("filled").length + of("not applicable").length;
  expect(summary).toMatch(
    new RegExp(`^${done} of 52 items filled \\(${of("not applicable").length} of them not applicable\\)`),
  );
  expect(summary).toContain(`in part: ${of("part").join(", ")}; gaps: ${of("gap").join(", ")}`);
  expect(of("filled").length + of("part").length + of("gap").length + of("not applicable").length).toBe(52);
});

test("a facts file fills items, and may say that one does not apply", () => {
  const input = knownInput(CLASSES, {
    declared: {
      file: "experiments/cards/skin.yaml",
      says: {
        owner: "The ward",
        intended_use: { purpose: "To sort referrals", users: "Dermatologists", population: "adults with a rash" },
        data: { licence: "On request" },
        tripod: { "18a": "None", "6c": { not_applicable: "No treatment before the biopsy" } },
      },
    },
  });
  const { checklist, card } = buildCard(input);
  const item = (id: string) => checklist.find((one) => one.id === id)!;
  expect(item("18a")).toMatchObject({ status: "filled", text: "None.", where: "experiments/cards/skin.yaml" });
  expect(item("6c")).toMatchObject({ status: "not applicable", text: "No treatment before the biopsy" });
  expect(item("3b")).toMatchObject({ status: "filled", text: expect.stringContaining("Dermatologists.") });
  expect(item("18e")).toMatchObject({ status: "filled", text: expect.stringContaining("On request.") });
  expect(item("1").status).toBe("filled");
  expect(cardMarkdown(card)).toContain("| owner | The ward |");
});

test("limits that follow from the run are said", () => {
  const limits = (overrides = {}): string => buildCard(knownInput(CLASSES, overrides)).limits.join("\n");
  expect(limits()).toContain("trained on 18 of 30 patients");
  expect(limits()).toContain("fewer than 20 patients: rare one (2), lichen (6), psoriasis (10)");
  expect(limits()).toMatch(
    /Recall of the orphan disease rare one: 1.0000 \(0.0250 … 1.0000\) on 1 validation patients/,
  );
  expect(limits()).toContain("f1_macro on validation is uncertain: 0.6000 … 1.0000");
  expect(limits()).toContain("cannot be told from 1 other configurations: logistic C=1");
  expect(limits()).toContain("were not calibrated. ECE 0.0556");
  expect(limits()).toContain("no subgroup was looked at");
  expect(limits()).toContain("no external evaluation");
  expect(limits()).toContain("uncommitted changes");
  expect(limits({ gates: [], looks: [] })).toContain("No gate has judged it on the test patients");
  const { split, trail, files } = knownInput(CLASSES);
  expect(limits({ split: { ...split!, fold: 2 } })).toContain("model of fold 3 of a cross-validation");
  expect(limits({ trail: { ...trail!, problems: ["record 2 is missing"] } })).toContain(
    "not whole: record 2 is missing",
  );
  expect(limits({ files: { ...files!, hash: "0".repeat(64) } })).toContain("not those that were registered");
});

test("a run of which little is known still has a card, with gaps", () => {
  const nothing = { trial: null, family: null, experiment: null, facts: null, data: null, missing: null, split: null };
  const input = knownInput(CLASSES, {
    ...nothing,
    ...{ registered: null, files: null, judged: null, importances: null, search: null, board: null, trail: null },
    ...{ looks: [], gates: [] },
  });
  const { card, checklist } = buildCard(input);
  expect(cardMarkdown(card)).toContain("The run is not registered: it has no history.");
  expect(checklist.filter(({ status }) => status === "gap").length).toBeGreaterThan(40);
  expect(cardHtml(card)).not.toMatch(/undefined|NaN|\[object/);
});

test("the same input gives the same bytes", () => {
  const once = () => buildCard(knownInput(CLASSES)).card;
  expect(cardHtml(once())).toBe(cardHtml(once()));
  expect(cardMarkdown(once())).toBe(cardMarkdown(once()));
});

const HOSTILE = [
  '<script>alert("1")</script>',
  "a | b`c` [x](javascript:alert(1)) *b*",
  '"><img src=x onerror=alert(1)>\u0000\u001b[31m',
];

test("hostile names are shown as text, in both forms", () => {
  const { card } = buildCard(knownInput(HOSTILE));
  const page = cardHtml(card);
  expect(page).not.toMatch(/<script|<img|javascript:alert\(1\)"/);
  expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
  const markdown = cardMarkdown(card);
  expect(markdown).not.toMatch(/<script|<img/);
  expect(markdown).not.toMatch(/[^\\]\]\(javascript/);
  expect(page + markdown).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  const table = markdown.split("\n").filter((line) => line.includes("onerror") && line.startsWith("|"));
  expect(table.length).toBeGreaterThan(1);
  for (const line of markdown.split("\n").filter((l) => l.startsWith("| "))) {
    expect(line.endsWith(" |")).toBe(true);
  }
});

test("the page has landmarks, headings in order, captions, unique ids, and texts for its figures", () => {
  const page = cardHtml(buildCard(knownInput(CLASSES)).card);
  for (const landmark of [
    "<header>",
    '<nav aria-label="Sections">',
    '<main id="card">',
    "<footer>",
    '<html lang="en">',
  ]) {
    expect(page.split(landmark)).toHaveLength(2);
  }
  const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  expect(levels[0]).toBe(1);
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
  const tables = page.split("<table>").slice(1);
  expect(tables.length).toBeGreaterThan(8);
  for (const one of tables) expect(one).toMatch(/^\s*<caption id="[^"]+">[^<]+<\/caption><thead><tr><th scope="col"/);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, target] of page.matchAll(/(?:href="#|aria-labelledby="|url\(#)([^")]+)/g))
    expect(ids).toContain(target);
  const figures = [...page.matchAll(/<figure><div role="img" aria-label="([^"]+)">/g)];
  expect(figures).toHaveLength(2);
  expect(page).not.toMatch(/ (?:src|href)="(?!#)|@import|url\((?!#)/); // asks for nothing else
});

test("subgroups are a table, or the reason why they are none", () => {
  const values = [{ value: 0.9, low: 0.8, high: 0.95 }];
  const shown = buildCard(
    knownInput(CLASSES, {
      subgroups: { problem: null, metrics: ["accuracy"], groups: [{ column: "sex", label: "F", patients: 7, values }] },
    }),
  );
  expect(cardMarkdown(shown.card)).toContain("| sex F | 7 | 0.9000 | 0.8000 … 0.9500 |");
  expect(shown.limits.join()).toContain("Subgroups with fewer than 20 validation patients: sex F (7)");
  const missing = buildCard(
    knownInput(CLASSES, { subgroups: { problem: "the data have changed", metrics: [], groups: [] } }),
  );
  expect(cardMarkdown(missing.card)).toContain("**Gap:** the data have changed");
});
