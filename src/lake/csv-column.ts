import { numberOf } from "../core/formats/cells.ts";
import { numberOfBytes } from "./number.ts";
import type { NumberValues, TextValues } from "./table.ts";

/** With more distinct cells than this, a column of numbers is no longer kept as codes of its texts. */
const MAX_NUMBER_TEXTS = 1024;
const UNKNOWN = -2;

/**
 * Collects the cells of one column. It begins as a dictionary of texts, found by the bytes of the cell without making a
 * string; a column that only holds numbers becomes plain numbers once the dictionary is long. If a text follows then,
 * `broken` says that the column has to be read again as text.
 */
export class ColumnCollector {
  broken = false;
  #rows = 0;
  #codes = new Int32Array(1024);
  #values: Float64Array | undefined;
  #decimal: "." | "," = ".";
  readonly #texts: string[] = [];
  /** Whether the column stays text, however long its dictionary becomes. */
  #asText: boolean;
  readonly #decimals: readonly ("." | ",")[];
  readonly #missing: ReadonlySet<string>;
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #codeOf = new Map<string, number>();
  /** Codes of cells of one byte, by that byte. */
  readonly #single = new Int32Array(256).fill(UNKNOWN);
  /** Open addressing: number of a known cell + 1, or 0. */
  #slots = new Int32Array(64);
  #known = 0;
  #knownCodes = new Int32Array(32);
  /** Cell i is #arena[#bounds[i]] … #arena[#bounds[i + 1] - 1]. */
  #bounds = new Int32Array(33);
  #arena = Buffer.alloc(256);

  constructor(options: {
    readonly asText: boolean;
    readonly decimalComma: boolean;
    readonly missing: ReadonlySet<string>;
    readonly decode: (bytes: Uint8Array) => string;
  }) {
    this.#asText = options.asText;
    this.#decimals = options.decimalComma ? [".", ","] : ["."];
    this.#missing = options.missing;
    this.#decode = options.decode;
  }

  /** Takes the cell bytes[start] … bytes[end - 1], trimmed. */
  push(bytes: Buffer, start: number, end: number): void {
    const row = this.#rows++;
    if (this.#values !== undefined) {
      if (row === this.#values.length) this.#values = grown(this.#values, Float64Array);
      this.#values[row] = this.#number(bytes, start, end);
      return;
    }
    if (row === this.#codes.length) this.#codes = grown(this.#codes, Int32Array);
    this.#codes[row] = this.#code(bytes, start, end);
    if (this.#texts.length > MAX_NUMBER_TEXTS && !this.#asText) this.#becomeNumbers();
  }

  finish(): TextValues | NumberValues {
    if (this.#values !== undefined) {
      const values = this.#values.slice(0, this.#rows);
      return { form: "numbers", boolean: false, decimal: this.#decimal, values };
    }
    return { form: "text", texts: this.#texts, codes: this.#codes.slice(0, this.#rows) };
  }

  #number(bytes: Buffer, start: number, end: number): number {
    if (start === end) return Number.NaN;
    const value = numberOfBytes(bytes, start, end, this.#decimal);
    if (Number.isNaN(value) && this.#code(bytes, start, end) !== -1) this.broken = true;
    return value;
  }

  #code(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return -1;
    if (length === 1) {
      const byte = bytes[start]!;
      const code = this.#single[byte]!;
      if (code !== UNKNOWN) return code;
      this.#single[byte] = this.#codeOfText(bytes, start, end);
      return this.#single[byte]!;
    }
    const mask = this.#slots.length - 1;
    let slot = hash(bytes, start, end) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const cell = this.#slots[slot]! - 1;
      if (this.#same(cell, bytes, start, length)) return this.#knownCodes[cell]!;
    }
    const code = this.#codeOfText(bytes, start, end);
    this.#slots[slot] = this.#known + 1;
    this.#remember(bytes, start, end, code);
    return code;
  }

  #same(cell: number, bytes: Buffer, start: number, length: number): boolean {
    const from = this.#bounds[cell]!;
    if (this.#bounds[cell + 1]! - from !== length) return false;
    for (let i = 0; i < length; i++) if (this.#arena[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #remember(bytes: Buffer, start: number, end: number, code: number): void {
    const cell = this.#known++;
    if (cell === this.#knownCodes.length) {
      this.#knownCodes = grown(this.#knownCodes, Int32Array);
      this.#bounds = grown(this.#bounds, Int32Array);
    }
    const from = this.#bounds[cell]!;
    const to = from + end - start;
    if (to > this.#arena.length) {
      const arena = Buffer.alloc(to * 2);
      this.#arena.copy(arena);
      this.#arena = arena;
    }
    bytes.copy(this.#arena, from, start, end);
    this.#knownCodes[cell] = code;
    this.#bounds[cell + 1] = to;
    if (this.#known * 2 > this.#slots.length) this.#rehash();
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let cell = 0; cell < this.#known; cell++) {
      let slot = hash(this.#arena, this.#bounds[cell]!, this.#bounds[cell + 1]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = cell + 1;
    }
    this.#slots = slots;
  }

  #codeOfText(bytes: Buffer, start: number, end: number): number {
    const text = this.#decode(bytes.subarray(start, end)).trim();
    if (text === "" || this.#missing.has(text)) return -1;
    const known = this.#codeOf.get(text);
    if (known !== undefined) return known;
    this.#codeOf.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  #becomeNumbers(): void {
    for (const decimal of this.#decimals) {
      const numbers = Float64Array.from(this.#texts, (text) => numberOf(text, decimal));
      if (numbers.includes(Number.NaN)) continue;
      const values = new Float64Array(this.#codes.length);
      for (let row = 0; row < this.#rows; row++) values[row] = numbers[this.#codes[row]!] ?? Number.NaN;
      this.#decimal = decimal;
      this.#values = values;
      this.#codes = new Int32Array(0);
      return;
    }
    this.#asText = true;
  }
}

/** FNV-1a, 32 bits. */
function hash(bytes: Buffer, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  return h ^ (h >>> 15);
}

function grown<T extends Int32Array | Float64Array>(array: T, type: new (length: number) => T): T {
  const longer = new type(array.length * 2);
  longer.set(array);
  return longer;
}
