/**
 * Takes identities out of free text in English and Spanish by rules. Patterns are of the common part of JavaScript and RE2, so that
 * DuckDB does the same (`scrubSql`). Rules miss names that nothing announces: see docs/privacy.md.
 */
import { literal } from "../engine/duck.ts";

const WORD = "\\p{Lu}[\\p{L}'’-]+";
const NAME = `${WORD}(?:\\s+(?:(?:de|del|la|las|los|y|van|von|der)\\s+){0,3}${WORD}){0,3}`;
const MONTH =
  "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|" +
  "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)";
/** "may" is a verb too: it is a month only beside a day and a year. */
const ANY_MONTH = `(?:may|${MONTH})`;
const NUMBERED = "(?:\\s*(?:no\\.?|n[úu]m(?:ero|\\.)?|number|#|n[º°]\\.?))?";

interface Rule {
  readonly pattern: string;
  /** "$1" is the first group. */
  readonly by: string;
}

const RULES: readonly Rule[] = [
  { pattern: "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}", by: "[EMAIL]" },
  { pattern: '(?i:(?:https?|ftp)://|www\\.)[^\\s<>"]+', by: "[URL]" },
  { pattern: "\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b", by: "[IP]" },
  { pattern: "\\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\b", by: "[ID]" },
  {
    pattern: `(\\b(?i:MRN|NHC|SSN|DNI|NIE|NIF|NSS|CURP|CIP|passport|pasaporte|medical record|historia(?: cl[ií]nica)?|account|cuenta|licen[cs]e|licencia|plate|matr[ií]cula|serial|serie|policy|p[óo]liza|insurance|seguro|device|patient id|id)${NUMBERED.replace("(?:\\s", "(?i:\\s")}\\s*[:#=]?\\s*)[A-Za-z0-9./-]*\\d[A-Za-z0-9/-]*`,
    by: "$1[ID]",
  },
  { pattern: "\\b\\d{3}-\\d{2}-\\d{4}\\b", by: "[ID]" },
  { pattern: "\\b(?:\\d{8}|[XYZxyz]-?\\d{7})-?[A-Za-z]\\b", by: "[ID]" },
  {
    pattern:
      "\\b(?:19|20)\\d{2}(?:-(?:0?[1-9]|1[0-2])-|/(?:0?[1-9]|1[0-2])/|\\.(?:0?[1-9]|1[0-2])\\.)(?:0?[1-9]|[12]\\d|3[01])(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?",
    by: "[DATE]",
  },
  { pattern: "\\b\\d{1,2}(?:/\\d{1,2}/|-\\d{1,2}-|\\.\\d{1,2}\\.)(?:\\d{4}|\\d{2})\\b", by: "[DATE]" },
  {
    pattern: `\\b(?i:\\d{1,2}(?:st|nd|rd|th)?(?:\\s+(?:of|de))?\\s+${ANY_MONTH}\\.?,?\\s+(?:(?:of|del?)\\s+)?\\d{4})\\b`,
    by: "[DATE]",
  },
  { pattern: `\\b(?i:${ANY_MONTH}\\.?\\s+\\d{1,2}(?:st|nd|rd|th)?,?\\s+\\d{4})\\b`, by: "[DATE]" },
  { pattern: `\\b(?i:\\d{1,2}(?:st|nd|rd|th)?(?:\\s+(?:of|de))?\\s+${MONTH})\\b`, by: "[DATE]" },
  { pattern: `\\b(?i:${ANY_MONTH}\\.?,?\\s+(?:(?:of|del?)\\s+)?(?:19|20)\\d{2})\\b`, by: "[DATE]" },
  { pattern: `\\b(?i:${MONTH}\\.?\\s+\\d{1,2}(?:st|nd|rd|th)?)\\b`, by: "[DATE]" },
  { pattern: "\\+\\d[\\d .()-]{7,17}\\d\\b", by: "[PHONE]" },
  { pattern: "\\(?\\b\\d{3}\\)?[ .-]\\d{3}[ .-]\\d{4}\\b", by: "[PHONE]" },
  { pattern: "\\b[6789]\\d{2}(?:[ .-]?\\d{3}[ .-]?\\d{3}|(?:[ .-]\\d{2}){3})\\b", by: "[PHONE]" },
  {
    pattern:
      "(\\b(?i:tel(?:ephone|[ée]fono)?|phone|fax|tfno|tlf|m[óo]vil|mobile|cell|beeper|pager)\\b\\.?\\s*[:#]?\\s*)[+(]?\\d[\\d .()-]{4,}\\d",
    by: "$1[PHONE]",
  },
  {
    pattern: `(?:\\b\\d{1,5}\\s+(?:\\p{Lu}[\\p{L}.'’]+\\s+){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Square)\\b\\.?(?:\\s+(?:Apt|Unit|Suite|Ste)\\.?\\s*\\w+)?)`,
    by: "[ADDRESS]",
  },
  {
    pattern: `(?:\\b(?i:c/|calle|avda\\.?|avenida|plaza|paseo|ronda|camino|carretera|urbanizaci[óo]n)\\s*(?:(?:de|del|la|las|los|el)\\s+){0,3}${NAME}(?:,?\\s*(?:n[º°.]?\\s*)?\\d{1,4})?(?:,?\\s*\\d{1,2}[º°ª]\\s*\\w{0,5})?)`,
    by: "[ADDRESS]",
  },
  { pattern: "\\b\\d{5}-\\d{4}\\b", by: "[ADDRESS]" },
  { pattern: "(\\b(?i:zip(?: code)?|postal code|c[óo]digo postal|c\\.?p\\.?)\\s*:?\\s*)\\d{5}\\b", by: "$1[ADDRESS]" },
  {
    pattern: `(\\b(?:Mrs?|Ms|Miss|Mx|Drs?|Dra|Prof|Sr|Sra|Srta|Don|Doña|Dña|(?i:doctora?|se(?:ñ|n)ora?))\\.?\\s+|\\bD\\.ª?\\s*)${NAME}`,
    by: "$1[NAME]",
  },
  {
    pattern: `((?i:\\b(?:patient(?:['’]s)?(?: name)?|(?:full |first |last |sur)?name|nombre(?: y apellidos)?(?: del paciente)?|paciente|apellidos?|mother|father|madre|padre|next of kin|(?:electronically )?signed(?: by)?|firmado(?: por)?|attending|physician|m[ée]dico|dictated by))\\s*:\\s*)${NAME}(?:,\\s*\\p{Lu}\\p{Ll}+)?`,
    by: "$1[NAME]",
  },
  { pattern: `((?i:\\b(?:se llama|llamad[oa]|is called|named|known as))\\s+)${NAME}`, by: "$1[NAME]" },
  { pattern: "(\\b(?i:aged?|edad(?: de)?)\\s*:?\\s*)(?:9\\d|1[0-3]\\d)\\b", by: "$190+" },
  { pattern: "\\b(?:9\\d|1[0-3]\\d)((?i:[ -]?(?:years?|yrs?|y/?o\\b|a[ñn]os)))", by: "90+$1" },
  { pattern: "\\b\\d{9,}\\b", by: "[ID]" },
];

const COMPILED = RULES.map(({ pattern, by }) => ({ expression: new RegExp(pattern, "gu"), by }));

/** A text with what names a person, a place or a time replaced by [NAME], [PHONE], [EMAIL], [URL], [ID], [DATE], [ADDRESS], [IP], 90+. */
export function scrub(text: string): string {
  let scrubbed = text;
  for (const { expression, by } of COMPILED) scrubbed = scrubbed.replace(expression, by);
  return scrubbed;
}

/** The same of a text of DuckDB. */
export const scrubSql = (text: string): string =>
  RULES.reduce(
    (sql, { pattern, by }) => `regexp_replace(${sql}, ${literal(pattern)}, ${literal(by.replace("$1", "\\1"))}, 'g')`,
    text,
  );
