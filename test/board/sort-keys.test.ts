import { expect, test } from "vitest";
import { parseSort } from "../../src/board/sort-keys.ts";
import { tableOf } from "./support.ts";

const table = tableOf({ a: { "metrics.val_f1_macro": 1, "metrics.val_mse": 1, "params.depth": "3" } });
const directions = new Map([
  ["metrics.val_f1_macro", "greater" as const],
  ["metrics.val_mse", "smaller" as const],
]);

test.each([
  ["f1_macro", "f1_macro ↓"],
  ["mse", "mse ↑"],
  ["-f1_macro,-mse", "f1_macro ↑ mse ↓"],
  ["depth , metrics.val_mse", "depth ↑ mse ↑"],
  ["f1_macro asc, params.depth DESC", "f1_macro ↑ depth ↓"],
])("%s sorts by %s", (text, keys) => {
  const shown = parseSort(text, table, directions).map(
    ({ id, descending }) => `${id.replace(/^\w+\.(val_)?/, "")} ${descending ? "↓" : "↑"}`,
  );
  expect(shown.join(" ")).toBe(keys);
});

test.each([
  ["f1_marco", /no column "f1_marco"/],
  ["mse,,depth", /empty/],
])("%s is refused", (text, message) => {
  expect(() => parseSort(text, table, directions)).toThrow(message);
});
