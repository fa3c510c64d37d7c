import { numberOf } from "../core/formats/cells.ts";

const POWERS = Float64Array.from({ length: 16 }, (_, i) => 10 ** i);

/**
 * `numberOf` straight from the bytes. Up to 15 digits without an exponent are exact as an integer, and so is the power
 * of ten, hence their quotient is correctly rounded (Clinger 1990); the rest goes through the engine's own parser.
 */
export function numberOfBytes(bytes: Buffer, start: number, end: number, decimal: "." | ","): number {
  const mark = decimal === "," ? 44 : 46;
  const first = bytes[start];
  let digits = 0;
  let mantissa = 0;
  let point = -1;
  for (let at = first === 45 || first === 43 ? start + 1 : start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 48 && byte <= 57) {
      mantissa = mantissa * 10 + byte - 48;
      digits++;
    } else if (byte === mark && point < 0) {
      point = digits;
    } else {
      digits = 16;
      break;
    }
  }
  if (digits === 0 || digits > 15) return numberOf(bytes.toString("latin1", start, end), decimal);
  const value = point < 0 ? mantissa : mantissa / POWERS[digits - point]!;
  return first === 45 ? -value : value;
}
