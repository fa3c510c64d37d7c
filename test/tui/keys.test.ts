import { describe, expect, test } from "vitest";
import { actionOf, bindingsOf, type Context, KEYS, keySign } from "../../src/tui/keys.ts";

const contexts = [...new Set(KEYS.map(({ context }) => context))] as Context[];

describe("the table of keys", () => {
  test.each(contexts)("%s: no key means two things", (context) => {
    const keys = KEYS.filter((binding) => binding.context === context).flatMap((binding): string[] => [
      ...binding.keys,
    ]);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  test.each(contexts)("%s: what is listed is what is done", (context) => {
    for (const { action, keys } of bindingsOf(context).filter((binding) => binding.context === context)) {
      for (const key of keys) expect(actionOf(context, key), `${context} ${key}`).toBe(action);
    }
  });

  test("a panel's own keys come before those that count everywhere", () => {
    expect(actionOf("columns", "q")).toBe("close");
    expect(actionOf("table", "q")).toBe("quit");
    expect(bindingsOf("help").some(({ action }) => action === "help")).toBe(false);
  });

  test("letters that are typed into a prompt do nothing else; Ctrl-Z does", () => {
    expect(actionOf("prompt", "q")).toBeUndefined();
    expect(actionOf("prompt", "t")).toBeUndefined();
    expect(actionOf("prompt", "ctrl+z")).toBe("suspend");
  });
});

test.each([
  ["j", "j"],
  ["G", "G"],
  ["ctrl+d", "Ctrl-D"],
  ["shift+up", "Shift-↑"],
  ["+", "+"],
  ["space", "Space"],
])("%s is written %s", (key, sign) => {
  expect(keySign(key)).toBe(sign);
});
