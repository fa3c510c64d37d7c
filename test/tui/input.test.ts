import { describe, expect, test } from "vitest";
import { createInputParser, type InputEvent } from "../../src/tui/terminal/input.ts";

const names = (events: readonly InputEvent[]): string[] =>
  events.map((event) =>
    event.type === "key" ? event.name : event.type === "paste" ? `paste:${event.text}` : event.kind,
  );
const read = (...chunks: string[]): string[] => {
  const parser = createInputParser();
  return chunks.flatMap((chunk) => names(parser.push(chunk)));
};

describe("keys", () => {
  test.each([
    ["held keys in one read", "jjj", ["j", "j", "j"]],
    ["letters with accents, of two columns, and beyond the first plane", "ñ東😀", ["ñ", "東", "😀"]],
    ["space, enter, tab, backspace", " \r\t\x7f", ["space", "enter", "tab", "backspace"]],
    ["ctrl", "\x04\x1a", ["ctrl+d", "ctrl+z"]],
    ["arrows of both modes", "\x1b[A\x1bOB", ["up", "down"]],
    ["modified arrows", "\x1b[1;5C\x1b[1;2A", ["ctrl+right", "shift+up"]],
    ["keys with numbers", "\x1b[5~\x1b[6~\x1b[3~\x1b[1~", ["pageup", "pagedown", "delete", "home"]],
    ["shift and tab", "\x1b[Z", ["shift+tab"]],
    ["an escape before a letter", "\x1bj", ["escape", "j"]],
    ["answers of the terminal are no keys", "\x1b[?62;c\x1b]11;rgb:0000/0000/0000\x1b\\x", ["x"]],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test("a sequence that comes in parts is one key", () => {
    expect(read("\x1b", "[", "1;5", "A", "k")).toEqual(["ctrl+up", "k"]);
  });

  test("an escape is held back until it is known to be the key", () => {
    const parser = createInputParser();
    expect(parser.push("\x1b")).toEqual([]);
    expect(parser.pending).toBe(true);
    expect(names(parser.flush())).toEqual(["escape"]);
    expect(parser.pending).toBe(false);
  });
});

describe("pastes", () => {
  test("are one event, whatever is in them and however they are cut", () => {
    expect(read("a\x1b[200~q\rx\x1b[Ay\x1b[201~b")).toEqual(["a", "paste:q\rx\x1b[Ay", "b"]);
    const whole = "\x1b[200~metrics.f1 > 0.5\x1b[201~j";
    for (let at = 1; at < whole.length; at++) {
      expect(read(whole.slice(0, at), whole.slice(at))).toEqual(["paste:metrics.f1 > 0.5", "j"]);
    }
  });

  test("that are huge are cut", () => {
    const [event] = createInputParser().push(`\x1b[200~${"x".repeat(200_000)}\x1b[201~`);
    expect(event).toMatchObject({ type: "paste", text: "x".repeat(100_000) });
  });
});

test("the mouse: place from the upper left corner, wheel, shift; motion is nothing", () => {
  const events = createInputParser().push(
    "\x1b[<0;3;5M\x1b[<0;3;5m\x1b[<64;1;1M\x1b[<65;1;1M\x1b[<4;2;2M\x1b[<35;9;9M",
  );
  expect(events).toMatchObject([
    { kind: "press", x: 2, y: 4, shift: false },
    { kind: "release", x: 2, y: 4 },
    { kind: "wheel-up" },
    { kind: "wheel-down" },
    { kind: "press", x: 1, y: 1, shift: true },
  ]);
  expect(events).toHaveLength(5);
});
