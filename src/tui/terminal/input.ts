/** What a terminal in raw mode sends, as events. Pure: bytes (as text) go in, events come out. */

export interface KeyEvent {
  readonly type: "key";
  /** "j", "G", "space", "up", "ctrl+d", "shift+tab", "f1" … */
  readonly name: string;
  /** The character to insert where text is typed; absent for keys that are none. */
  readonly text?: string;
}

export interface MouseEvent {
  readonly type: "mouse";
  readonly kind: "press" | "release" | "wheel-up" | "wheel-down";
  /** 0-based, from the upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly ctrl: boolean;
  readonly shift: boolean;
}

export interface PasteEvent {
  readonly type: "paste";
  readonly text: string;
}

export type InputEvent = KeyEvent | MouseEvent | PasteEvent;

export interface InputParser {
  /** Events of a chunk as it was read; several keys may be in one. */
  push(chunk: string): InputEvent[];
  /** Whether an escape is held back that may be a key or the begin of a sequence. */
  readonly pending: boolean;
  /** What is held back, taken as keys. */
  flush(): InputEvent[];
}

const LETTERS: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
  Z: "shift+tab",
};
const NUMBERS: Readonly<Record<string, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
};
const CONTROLS: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\b": "backspace",
  "\x7f": "backspace",
  "\0": "ctrl+space",
};
const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";
/** Characters of a paste at most; the rest is let go. */
const MOST_PASTED = 100_000;

/** A whole escape sequence: CSI, SS3, or a text sequence (OSC, DCS, …) that a terminal answers with. */
const SEQUENCE = /^\x1b(?:\[M[\s\S]{3}|\[(?!M)[0-?]*[ -/]*[@-~]|O[@-~]|[\]P_^X][\s\S]*?(?:\x07|\x1b\\))/;
/** The begin of one that has not come whole. */
const PARTIAL = /^\x1b(?:\[M?[\s\S]{0,2}|\[[0-?]*[ -/]*|O|[\]P_^X][^\x07]*)?$/;

export function createInputParser(): InputParser {
  let rest = "";
  let pasted: string | undefined;

  function take(events: InputEvent[], final: boolean): void {
    while (rest !== "") {
      if (pasted !== undefined) {
        const end = rest.indexOf(PASTE_END);
        if (end < 0) {
          // The end mark itself may come in two parts.
          const held = final ? 0 : Math.min(rest.length, PASTE_END.length - 1);
          pasted = (pasted + rest.slice(0, rest.length - held)).slice(0, MOST_PASTED);
          rest = rest.slice(rest.length - held);
          return;
        }
        events.push({ type: "paste", text: (pasted + rest.slice(0, end)).slice(0, MOST_PASTED) });
        pasted = undefined;
        rest = rest.slice(end + PASTE_END.length);
      } else if (rest.startsWith(PASTE_BEGIN)) {
        pasted = "";
        rest = rest.slice(PASTE_BEGIN.length);
      } else if (rest[0] === "\x1b") {
        const sequence = SEQUENCE.exec(rest)?.[0];
        if (sequence === undefined && !final && PARTIAL.test(rest)) return;
        const event = sequence === undefined ? key("escape") : sequenceEvent(sequence);
        if (event) events.push(event);
        rest = rest.slice(sequence?.length ?? 1);
      } else {
        const char = String.fromCodePoint(rest.codePointAt(0)!);
        events.push(charEvent(char));
        rest = rest.slice(char.length);
      }
    }
  }

  return {
    push(chunk) {
      const events: InputEvent[] = [];
      rest += chunk;
      take(events, false);
      return events;
    },
    get pending() {
      return pasted === undefined && rest !== "";
    },
    flush() {
      const events: InputEvent[] = [];
      take(events, true);
      return events;
    },
  };
}

const key = (name: string, text?: string): KeyEvent => ({ type: "key", name, ...(text !== undefined && { text }) });

function charEvent(char: string): KeyEvent {
  const named = CONTROLS[char];
  if (named !== undefined) return key(named);
  if (char === " ") return key("space", " ");
  if (char < " ") return key(`ctrl+${String.fromCharCode(char.charCodeAt(0) + 0x60)}`);
  return key(char, char);
}

/** undefined for sequences that mean nothing here. */
function sequenceEvent(sequence: string): InputEvent | undefined {
  const mouse = /^\x1b\[<(\d+);(\d+);(\d+)([Mm])$/.exec(sequence);
  if (mouse) return mouseEvent(Number(mouse[1]), Number(mouse[2]), Number(mouse[3]), mouse[4] === "m");
  const csi = /^\x1b(?:\[|O)(\d*)(?:;(\d+))?([A-Z~])$/.exec(sequence);
  const name = csi && (csi[3] === "~" ? NUMBERS[csi[1]!] : LETTERS[csi[3]!]);
  if (!name) return undefined;
  const bits = Math.max(0, Number(csi[2] ?? 1) - 1);
  return key(`${bits & 4 ? "ctrl+" : ""}${bits & 2 ? "alt+" : ""}${bits & 1 ? "shift+" : ""}${name}`);
}

/** SGR mouse reports: bit 64 is the wheel, 32 a motion, 4 shift, 16 ctrl. */
function mouseEvent(code: number, column: number, row: number, released: boolean): MouseEvent | undefined {
  const where = { x: column - 1, y: row - 1, ctrl: (code & 16) !== 0, shift: (code & 4) !== 0 };
  if (code & 64)
    return (code & 3) > 1 ? undefined : { type: "mouse", kind: code & 1 ? "wheel-down" : "wheel-up", ...where };
  if (code & 32 || (code & 3) !== 0) return undefined;
  return { type: "mouse", kind: released ? "release" : "press", ...where };
}
