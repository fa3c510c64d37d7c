const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const INFINITY = /^([-+]?)(?:inf|infinity)$/i;
const POWERS = Float64Array.from({ length: 16 }, (_, i) => 10 ** i);

/** The number that a text writes in decimal notation (or as inf, infinity); NaN where it writes none. */
export function numberOf(text: string, decimal: "." | ","): number {
  if (decimal === "," && text.includes(".")) return Number.NaN;
  const plain = decimal === "," ? text.replace(",", ".") : text;
  if (NUMBER.test(plain)) return Number(plain);
  const infinite = INFINITY.exec(text);
  return infinite === null ? Number.NaN : infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

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
