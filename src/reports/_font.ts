/** Outlines and widths of a TrueType font's letters (https://learn.microsoft.com/typography/opentype/spec/). */
export interface Font {
  /** Of the text in a size. A letter that the font lacks is as wide as the font's box for it. */
  width(text: string, size: number): number;
  /** Whether the font has every letter of the text. */
  covers(text: string): boolean;
  glyph(letter: string): Glyph;
}

/** Points of one closed outline of quadratic curves: x, y upwards, and whether the point is on the curve. */
export type Contour = readonly (readonly [x: number, y: number, on: boolean])[];

/** A letter in a size of 1. */
export interface Glyph {
  readonly advance: number;
  readonly contours: readonly Contour[];
}

/** @param bytes a TrueType font with a Unicode character map of format 4 */
export function readFont(bytes: Uint8Array): Font {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = new Map<string, number>();
  for (let i = 0; i < view.getUint16(4); i++) {
    const at = 12 + 16 * i;
    tables.set(String.fromCharCode(...bytes.subarray(at, at + 4)), view.getUint32(at + 8));
  }
  const table = (name: string): number => {
    const at = tables.get(name);
    if (at === undefined) throw new RangeError(`the font has no table ${name}`);
    return at;
  };
  const unitsPerEm = view.getUint16(table("head") + 18);
  const longOffsets = view.getInt16(table("head") + 50) === 1;
  const metrics = view.getUint16(table("hhea") + 34);
  const glyphOf = characterMap(view, table("cmap"));
  const glyphs = new Map<number, Glyph>();

  function glyph(id: number): Glyph {
    const kept = glyphs.get(id);
    if (kept) return kept;
    const made = {
      advance: view.getUint16(table("hmtx") + 4 * Math.min(id, metrics - 1)),
      contours: outline(id),
    };
    glyphs.set(id, made);
    return made;
  }

  function outline(id: number): Contour[] {
    const loca = table("loca");
    const offset = (i: number): number =>
      longOffsets ? view.getUint32(loca + 4 * i) : 2 * view.getUint16(loca + 2 * i);
    if (offset(id) === offset(id + 1)) return []; // a space
    const at = table("glyf") + offset(id);
    const contours = view.getInt16(at);
    return contours >= 0 ? simple(view, at, contours) : composed(at + 10);
  }

  /** A glyph that is made of others, moved and scaled: Å of A and the ring. */
  function composed(start: number): Contour[] {
    const all: Contour[] = [];
    for (let at = start; ; ) {
      const flags = view.getUint16(at);
      const part = glyph(view.getUint16(at + 2)).contours;
      const words = (flags & 1) !== 0;
      const dx = words ? view.getInt16(at + 4) : view.getInt8(at + 4);
      const dy = words ? view.getInt16(at + 6) : view.getInt8(at + 5);
      at += words ? 8 : 6;
      const f2dot14 = (): number => {
        at += 2;
        return view.getInt16(at - 2) / 16384;
      };
      let [a, b, c, d] = [1, 0, 0, 1];
      if (flags & 0x08) a = d = f2dot14();
      else if (flags & 0x40) [a, d] = [f2dot14(), f2dot14()];
      else if (flags & 0x80) [a, b, c, d] = [f2dot14(), f2dot14(), f2dot14(), f2dot14()];
      for (const contour of part)
        all.push(contour.map(([x, y, on]) => [a * x + c * y + dx, b * x + d * y + dy, on] as const));
      if ((flags & 0x20) === 0) return all;
    }
  }

  const letters = new Map<string, Glyph>();
  const idOf = (letter: string): number => glyphOf(letter.codePointAt(0)!);
  function ofLetter(letter: string): Glyph {
    const kept = letters.get(letter);
    if (kept) return kept;
    const { advance, contours } = glyph(idOf(letter));
    const em = (value: number): number => value / unitsPerEm;
    const made = {
      advance: em(advance),
      contours: contours.map((contour) => contour.map(([x, y, on]) => [em(x), em(y), on] as const)),
    };
    letters.set(letter, made);
    return made;
  }

  return {
    width: (text, size) => size * Array.from(text, (letter) => ofLetter(letter).advance).reduce((a, b) => a + b, 0),
    covers: (text) => [...text].every((letter) => idOf(letter) > 0),
    glyph: ofLetter,
  };
}

/** Code point → glyph number, 0 where there is none. */
function characterMap(view: DataView, cmap: number): (code: number) => number {
  let at = -1;
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const offset = cmap + view.getUint32(cmap + 8 + 8 * i);
    if (view.getUint16(offset) === 4) at = offset;
  }
  if (at < 0) throw new RangeError("the font has no character map of format 4");
  const double = view.getUint16(at + 6); // twice the number of segments
  const [ends, starts] = [at + 14, at + 16 + double];
  return (code) => {
    for (let s = 0; s < double; s += 2) {
      if (code > view.getUint16(ends + s)) continue;
      const start = view.getUint16(starts + s);
      if (code < start) return 0;
      const delta = view.getUint16(starts + double + s);
      const range = starts + 2 * double + s;
      const offset = view.getUint16(range);
      if (offset === 0) return (code + delta) & 0xffff;
      const id = view.getUint16(range + offset + 2 * (code - start));
      return id === 0 ? 0 : (id + delta) & 0xffff;
    }
    return 0;
  };
}

function simple(view: DataView, glyph: number, contours: number): Contour[] {
  const ends = Array.from({ length: contours }, (_, i) => view.getUint16(glyph + 10 + 2 * i));
  let at = glyph + 10 + 2 * contours;
  at += 2 + view.getUint16(at); // instructions
  const points = (ends.at(-1) ?? -1) + 1;
  const flags: number[] = [];
  while (flags.length < points) {
    const flag = view.getUint8(at++);
    const times = flag & 8 ? view.getUint8(at++) + 1 : 1;
    for (let i = 0; i < times; i++) flags.push(flag);
  }
  const along = (short: number, same: number): number[] => {
    let value = 0;
    return flags.map((flag) => {
      if (flag & short) value += (flag & same ? 1 : -1) * view.getUint8(at++);
      else if (!(flag & same)) {
        value += view.getInt16(at);
        at += 2;
      }
      return value;
    });
  };
  const xs = along(2, 16);
  const ys = along(4, 32);
  return ends.map((end, i) => {
    const first = i === 0 ? 0 : ends[i - 1]! + 1;
    return flags.slice(first, end + 1).map((flag, p) => [xs[first + p]!, ys[first + p]!, (flag & 1) !== 0] as const);
  });
}
