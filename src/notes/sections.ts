/** Headings of clinical notes and what they say of the findings under them. */

import { foldLetters } from "../core/formats/fold.ts";
import type { NoteSection, SectionKind } from "../core/formats/notes.ts";

const HEADINGS: Readonly<Record<SectionKind, string>> = {
  family:
    "family history|family hx|family|fh|fhx|fam hx|family medical history|pedigree|antecedentes familiares|antec familiares|antecedentes heredofamiliares|historia familiar|af|afs|a f|ahf|apf|arbol genealogico",
  differential:
    "differential diagnosis|differential|ddx|dd|diagnostico diferencial|dx diferencial|diagnostico de sospecha|diagnosticos de sospecha|sospecha diagnostica|suspected diagnosis",
  plan: "",
  patient:
    "history|hpi|history of present illness|pmh|past medical history|past history|physical exam|exam|examination|pe|o e|labs|imaging|impression|assessment|plan|medications|allergies|social history|review of systems|ros|school|chief complaint|" +
    "antecedentes personales|antecedentes|ap|enfermedad actual|ea|exploracion|exploracion fisica|ef|ef general|exploracion neurologica|analitica|pruebas complementarias|pc|juicio clinico|jc|diagnostico|dx|plan|tratamiento|tto|alergias|motivo de consulta|mc|anamnesis|evolucion|impresion|examen fisico|laboratorio|lab|habitos|medicacion|s|o|a|p",
};

const KIND_OF: ReadonlyMap<string, SectionKind> = new Map(
  (Object.entries(HEADINGS) as [SectionKind, string][]).flatMap(([kind, names]) =>
    names === "" ? [] : names.split("|").map((name): [string, SectionKind] => [name, kind]),
  ),
);

/** LOINC codes of sections of CDA documents. */
const LOINC: Readonly<Record<string, SectionKind>> = {
  "10157-6": "family",
  "8670-2": "family",
  "54114-4": "family",
  "18776-5": "plan",
  "61146-7": "plan",
};

/** What a section of a CDA document is, by its LOINC code or its title. */
export const sectionKind = (code: string | undefined, title: string): SectionKind =>
  (code === undefined ? undefined : LOINC[code]) ?? KIND_OF.get(folded(title)) ?? "patient";

/** The stretches that headings of family history and of differential diagnoses head; what follows a heading of another kind is no part of them. */
export function sectionsOf(text: string): NoteSection[] {
  const sections: NoteSection[] = [];
  let open: { start: number; kind: SectionKind; title: string; lines: boolean } | undefined;
  const close = (end: number): void => {
    if (open && open.kind !== "patient") sections.push({ start: open.start, end, kind: open.kind, title: open.title });
    open = undefined;
  };
  let at = 0;
  for (const line of text.split("\n")) {
    const bare = line.trim();
    const alone = /^[\p{L}][\p{L}\s./()]{0,48}:?$/u.test(bare) && !/[.]$/.test(bare);
    const kind = alone ? KIND_OF.get(folded(bare)) : undefined;
    if (bare === "" || kind !== undefined || (alone && (bare.endsWith(":") || bare === bare.toUpperCase()))) close(at);
    // "AF: father died of stroke" heads its line, and those that are set in under it.
    else if (open && !open.lines && !/^\s/.test(line)) close(at);
    if (kind !== undefined) open = { start: at + line.length, kind, title: bare.replace(/:$/, ""), lines: true };
    else
      for (const heading of headingsIn(line)) {
        close(at + heading.at);
        open = { start: at + heading.end, kind: heading.kind, title: heading.title, lines: false };
      }
    at += line.length + 1;
  }
  close(text.length);
  return sections;
}

/** Known headings with a colon within a line: "AP: asma. AF: madre con migraña". */
function headingsIn(line: string): { at: number; end: number; kind: SectionKind; title: string }[] {
  return [...line.matchAll(/(?:^|[.;]\s*|^\s*[-*•]\s*)([\p{L}][\p{L}\s./()]{0,48}?)\s*:/gu)].flatMap((match) => {
    const title = match[1].trim();
    const kind = KIND_OF.get(folded(title)) ?? KIND_OF.get(folded(title.split(/[.]\s+/).at(-1) ?? ""));
    return kind === undefined ? [] : [{ at: match.index, end: match.index + match[0].length, kind, title }];
  });
}

const folded = (title: string): string =>
  [...title.matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => foldLetters(word)).join(" ");
