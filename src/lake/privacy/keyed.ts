/** Pseudonyms and offsets of dates, made with the project's key: in JavaScript and, to the same result, in DuckDB. */
import { createHash, createHmac } from "node:crypto";
import { literal } from "../engine/duck.ts";

/** Hex digits of a pseudonym: 128 bits. */
const DIGITS = 32;
const SHIFT = "date shift\n";
/** Offsets are -365 … -1 and 1 … 365 days. */
const FURTHEST = 365;
const BLOCK = 64;

/** HMAC-SHA-256, hex; of a patient's key it is the hash that the log of predictions has. */
export const keyedHash = (key: string, value: string): string => createHmac("sha256", key).update(value).digest("hex");

/** What stands for an id: the same in all tables and ingests of a project. */
export const pseudonym = (key: string, id: string): string => pseudonymOf(keyedHash(key, id));

/** The pseudonym of whose keyed hash is known. */
export const pseudonymOf = (hash: string): string => hash.slice(0, DIGITS);

/** Days by which all dates of a patient are moved; never 0. */
export function shiftDays(key: string, patient: string): number {
  const drawn = Number.parseInt(keyedHash(key, SHIFT + patient).slice(0, 8), 16) % (2 * FURTHEST);
  return drawn < FURTHEST ? drawn - FURTHEST : drawn - FURTHEST + 1;
}

/** `keyedHash` of a text of DuckDB; null of null. */
export function keyedHashSql(key: string, text: string): string {
  const own = Buffer.alloc(BLOCK);
  const bytes = Buffer.from(key);
  (bytes.length > BLOCK ? createHash("sha256").update(bytes).digest() : bytes).copy(own);
  const [inner, outer] = [0x36, 0x5c].map((pad) => {
    const hex = Array.from(own, (byte) => `\\x${(byte ^ pad).toString(16).padStart(2, "0")}`).join("");
    return `'${hex}'::BLOB`;
  });
  return `sha256(${outer} || unhex(sha256(${inner} || encode(${text}))))`;
}

export const pseudonymSql = (key: string, text: string): string => `left(${keyedHashSql(key, text)}, ${DIGITS})`;

/** `shiftDays` as an INTEGER of DuckDB. */
export function shiftDaysSql(key: string, patient: string): string {
  const hash = keyedHashSql(key, `${literal(SHIFT)} || ${patient}`);
  const drawn = `(('0x' || left(${hash}, 8))::UBIGINT % ${2 * FURTHEST})::INTEGER`;
  return `(${drawn} - ${FURTHEST} + (${drawn} >= ${FURTHEST})::INTEGER)`;
}
