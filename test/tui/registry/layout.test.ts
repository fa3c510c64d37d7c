import { describe, expect, test } from "vitest";
import type { ModelDetail, VersionRow } from "../../../src/app.ts";
import { displayWidth } from "../../../src/core/formats/visible.ts";
import { ageText, cardAt, columnsOf, cursorAt, drawColumns, settled, step } from "../../../src/tui/registry/layout.ts";
import { themeOf } from "../../../src/tui/theme.ts";

const version = (number: number, stage: VersionRow["stage"], more: Partial<VersionRow> = {}): VersionRow => ({
  ...{ version: String(number), stage, drift: null, aliases: [], awaiting: null, trial: `trial ${number}` },
  ...{ runId: null, source: "", modelHash: null, dataHash: null, created: 0, ...more },
});
const model = (name: string, versions: readonly VersionRow[]): ModelDetail => ({
  ...{ name, description: "", aliases: {}, versions },
});
const MODELS = [
  model("piel", [
    version(4, "None", { awaiting: "Production" }),
    version(3, "Production", { aliases: ["champion"] }),
    version(2, "Archived"),
    version(1, "Archived"),
  ]),
  model("riñón", [version(1, "Production", { aliases: ["champion", "piloto"] })]),
];
const card = () => ({ metrics: ["f1_macro 0.9123"], age: "3 h ago" });
const columns = columnsOf(MODELS, undefined, card);
const plain = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/\x1b\[[\d;]*m/g, ""));
const draw = (size: { columns: number; rows: number }, cursor = { column: 2, row: 0 }): string[] =>
  plain(drawColumns(themeOf("dark"), columns, cursor, size));

test("a version stands in the column of its stage, with its aliases, figures and what it awaits", () => {
  const lines = draw({ columns: 120, rows: 12 });
  expect(lines[0]).toMatch(/^None {2}1 +Staging {2}0 +Production {2}2 +Archived {2}2/);
  expect(lines[1]).toMatch(/^ piel\/4 +❯piel\/3 @champion +piel\/2/);
  expect(lines[2]).toMatch(/^ awaits Production {2}f1_mac.* f1_macro 0\.9123 /);
  expect(lines[3]).toMatch(/^ 3 h ago {2}trial 4 /);
  expect(lines[5]).toContain("riñón/1 @champion @piloto");
});

test.each([
  [80, 20],
  [120, 40],
  [300, 100],
])("%i columns are filled exactly", (width, rows) => {
  const lines = draw({ columns: width, rows });
  expect(lines).toHaveLength(rows);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
});

test("one model alone", () => {
  const alone = columnsOf(MODELS, "riñón", card);
  expect(Object.values(alone).flat()).toHaveLength(1);
});

describe("the selection", () => {
  test("goes over empty stages, and stays at the ends", () => {
    const right = step(columns, { column: 0, row: 0 }, "right");
    expect(right).toEqual({ column: 2, row: 0 });
    expect(cardAt(columns, right)).toMatchObject({ model: "piel", version: { version: "3" } });
    expect(step(columns, right, "down")).toEqual({ column: 2, row: 1 });
    expect(step(columns, { column: 2, row: 1 }, "down")).toEqual({ column: 2, row: 1 });
    expect(step(columns, { column: 3, row: 0 }, "right")).toEqual({ column: 3, row: 0 });
  });

  test("moves to a version where its own is gone", () => {
    expect(settled(columns, { column: 1, row: 3 })).toEqual({ column: 0, row: 0 });
    expect(settled(columnsOf([], undefined, card), { column: 2, row: 4 })).toEqual({ column: 2, row: 0 });
  });

  test("is seen in a stage that is longer than the screen", () => {
    const many = columnsOf(
      [
        model(
          "m",
          Array.from({ length: 30 }, (_, i) => version(30 - i, "Archived")),
        ),
      ],
      undefined,
      card,
    );
    const cursor = { column: 3, row: 20 };
    const size = { columns: 100, rows: 13 };
    const lines = plain(drawColumns(themeOf("none"), many, cursor, size));
    expect(lines[0]).toContain("Archived  30 (27 more)");
    const y = lines.findIndex((line) => line.includes("❯m/10"));
    expect(y).toBeGreaterThan(0);
    expect(cursorAt(many, cursor, size, 80, y)).toEqual(cursor);
    expect(cursorAt(many, cursor, size, 10, y)).toBeUndefined();
  });
});

test.each([
  [5, "0 s ago"],
  [59_000, "59 s ago"],
  [3_600_000, "1 h ago"],
  [200_000_000, "2 d ago"],
])("%i ms are %s", (milliseconds, text) => {
  expect(ageText(milliseconds)).toBe(text);
});
