/** FHIR's dates and times: partial ones with their precision, full ones with their zone (https://hl7.org/fhir/R4/datatypes.html#dateTime). */

export type Precision = "year" | "month" | "day" | "minute" | "second";

export interface FhirTime {
  /** Milliseconds since the epoch; of a partial date its beginning, in UTC. */
  readonly time: number;
  readonly precision: Precision;
  /** "+02:00", "Z"; null where none is given. */
  readonly zone: string | null;
}

/** Undefined for what is no date or time of FHIR, the 30th of February too. A time without a zone is taken for UTC. */
export function parseTime(value: unknown): FhirTime | undefined {
  if (typeof value !== "string") return undefined;
  const { length } = value;
  const year = digits(value, 0, 4);
  if (year < 100 || length > 40) return undefined;
  if (length === 4) return { time: Date.UTC(year, 0), precision: "year", zone: null };
  const month = digits(value, 5, 2);
  if (value[4] !== "-" || month < 1 || month > 12) return undefined;
  if (length === 7) return { time: Date.UTC(year, month - 1), precision: "month", zone: null };
  const day = digits(value, 8, 2);
  if (value[7] !== "-" || day < 1 || day > daysOf(year, month)) return undefined;
  const start = Date.UTC(year, month - 1, day);
  if (length === 10) return { time: start, precision: "day", zone: null };
  const [hour, minute] = [digits(value, 11, 2), digits(value, 14, 2)];
  if (value[10] !== "T" || value[13] !== ":" || hour < 0 || hour > 24 || minute < 0 || minute > 59) return undefined;
  let at = 16;
  let seconds = 0;
  if (value[at] === ":") {
    seconds = digits(value, 17, 2);
    if (seconds < 0 || seconds > 60) return undefined;
    at = 19;
    if (value[at] === ".") {
      const begin = at++;
      while (isDigit(value.charCodeAt(at))) at++;
      if (at === begin + 1) return undefined;
      seconds += Math.floor(Number(value.slice(begin, at)) * 1000) / 1000;
    }
  }
  const zone = value.slice(at);
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  return {
    time: start + (hour * 60 + minute - offset) * 60_000 + Math.round(seconds * 1000),
    precision: value[16] === ":" ? "second" : "minute",
    zone: zone === "" ? null : zone,
  };
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Number of some digits; -1 where one of them is none. */
function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let i = from; i < from + count; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return -1;
    number = number * 10 + code - 48;
  }
  return number;
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Minutes; undefined for what is no zone. */
function offsetOf(zone: string): number | undefined {
  if (zone === "" || zone === "Z") return 0;
  const minutes = digits(zone, 1, 2) * 60 + digits(zone, 4, 2);
  if (zone.length !== 6 || zone[3] !== ":" || minutes < 0 || minutes > 14 * 60) return undefined;
  return zone[0] === "-" ? -minutes : zone[0] === "+" ? minutes : undefined;
}
