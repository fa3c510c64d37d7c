/** HL7 CDA R2 documents: the narrative of their sections, whose they are, and of when. */
import { SaxesParser } from "saxes";
import type { NoteSection, SectionKind } from "../../core/formats/notes.ts";
import { NoteProblem } from "./problem.ts";

export type SectionKinds = (code: string | undefined, title: string) => SectionKind;

export interface CdaText {
  readonly text: string;
  readonly sections: readonly NoteSection[];
  readonly patient?: string;
  readonly time?: number;
}

/** Elements of the narrative that stand on lines of their own. */
const BLOCKS = new Set(["paragraph", "item", "list", "table", "tr", "caption", "br", "title", "text"]);
const CELLS = new Set(["td", "th"]);
const DEEPEST = 200;

interface OpenSection {
  code?: string;
  title: string;
  readonly start: number;
}

/**
 * @param sectionKind what a section is by its LOINC code and its title
 * @throws NoteProblem for broken XML, and for any with a DTD: entities could read files or fill the memory
 */
export function readCda(xml: string, sectionKind: SectionKinds): CdaText {
  const parser = new SaxesParser();
  const path: string[] = [];
  const open: OpenSection[] = [];
  const sections: NoteSection[] = [];
  let [text, patient, time] = ["", undefined as string | undefined, undefined as number | undefined];
  const newline = (): void => {
    if (text !== "" && !text.endsWith("\n")) text = `${text.trimEnd()}\n`;
  };
  const fail = (message: string): never => {
    throw new NoteProblem(message, parser.line);
  };
  parser.on("error", () => fail("broken XML"));
  parser.on("doctype", () => fail("it has a DTD, which is not read: entities can name other files"));
  parser.on("opentag", ({ name, attributes }) => {
    const tag = local(name);
    if (path.length >= DEEPEST) fail(`elements in elements, ${DEEPEST} deep`);
    const parent = path.at(-1);
    path.push(tag);
    if (tag === "section") {
      newline();
      open.push({ title: "", start: text.length });
    } else if (tag === "code" && parent === "section") {
      const section = open.at(-1);
      if (section) section.code = attributes.code;
    } else if (tag === "id" && parent === "patientRole") patient ??= attributes.extension ?? attributes.root;
    else if (tag === "effectiveTime" && parent === "ClinicalDocument") time = timeOf(attributes.value ?? "");
    else if (inNarrative(path)) {
      if (BLOCKS.has(tag)) newline();
      else if (CELLS.has(tag) && text !== "" && !text.endsWith("\n")) text += "\t";
    }
  });
  parser.on("text", (words) => {
    if (!inNarrative(path)) return;
    const section = open.at(-1);
    const flat = words.replace(/\s+/g, " ");
    if (path.at(-1) === "title" && path.at(-2) === "section" && section) section.title += flat.trim();
    text += /[\s]$/.test(text) || text === "" ? flat.trimStart() : flat;
  });
  parser.on("closetag", ({ name }) => {
    const tag = local(name);
    if (inNarrative(path) && BLOCKS.has(tag)) newline();
    path.pop();
    if (tag !== "section") return;
    newline();
    const section = open.pop();
    if (section === undefined) return;
    const { code, title, start } = section;
    sections.push({ start, end: text.length, kind: sectionKind(code, title), title: title || code || "section" });
  });
  parser.write(xml).close();
  // Sections within sections are closed first: they hold before those that they are in.
  return { text, sections, patient, time };
}

const local = (name: string): string => name.slice(name.indexOf(":") + 1);

/** Titles and texts of sections: what a person reads. */
function inNarrative(path: readonly string[]): boolean {
  const at = path.lastIndexOf("section");
  return at >= 0 && (path[at + 1] === "text" || path[at + 1] === "title");
}

/** "20240131", "20240131120000.000+0100" in milliseconds since the epoch; undefined where it is no time. */
export function timeOf(value: string): number | undefined {
  const match = /^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.\d+)?(?:([+-])(\d{2})(\d{2}))?$/.exec(value);
  if (match === null) return undefined;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00", sign, zoneHour, zoneMinute] =
    match;
  const zone = sign === undefined ? "Z" : `${sign}${zoneHour}:${zoneMinute}`;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(time) ? undefined : time;
}
