/** One term or disease, by its id or its name. */
import { distance } from "fastest-levenshtein";
import { UserError } from "../../core/errors.ts";
import { type DiseaseDescription, describeDisease, knowsDisease } from "../../knowledge/describe/disease.ts";
import { describeTerm, type TermDescription } from "../../knowledge/describe/term.ts";
import { fold } from "../../knowledge/search/fold.ts";
import { readTermEntry } from "../../knowledge/term-entry.ts";
import type { Project } from "../project.ts";
import { type Library, openLibrary } from "./open.ts";
import { searchesOf } from "./search.ts";

export type Shown = (TermDescription | DiseaseDescription) & {
  /** What the reader should know: another id was asked for, others have the same name, a file is missing. */
  readonly notices: readonly string[];
  /** Hash of the knowledge base. */
  readonly knowledge: string;
};

export interface ShowOptions {
  readonly knowledge?: string;
  notify(notice: { readonly message: string }): void;
}

/** @throws UserError when nothing is so called, or many are */
export async function showKnowledge(project: Project, asked: string, options: ShowOptions): Promise<Shown> {
  const library = await openLibrary(project, options.knowledge, options.notify);
  const { base, beside } = library;
  const id = idOf(asked);
  const notices: string[] = [];
  const found = id ?? byName(library, asked, notices);
  const term = base.ontology.indexOf(found);
  const knowledge = base.release.hash;
  if (term !== undefined) {
    const now = base.ontology.ids[term]!;
    if (now !== found) notices.push(`${found} is no longer in use: ${now} stands for it`);
    const path = library.fileOf("hpo");
    const entry = path === undefined ? undefined : await readTermEntry(path, now);
    return { ...describeTerm(base, term, entry, library.spanish.terms.get(now)), notices, knowledge };
  }
  if (!knowsDisease(base, beside, found)) throw await unknown(library, found);
  const disease = describeDisease(base, beside, found);
  if (disease.type === "moved/removed") notices.push(`OMIM has moved or removed ${found}`);
  if (disease.phenotypes.length === 0) notices.push("nothing is known here of what its patients have");
  if (beside.names === undefined && disease.mapped.length > 0)
    notices.push("whether ids are the same or a wider or narrower thing is in: disease knowledge pull orphanet-xref");
  return { ...disease, notices, knowledge };
}

/** "orphanet:558", "HP_0001166", "mim 154700" as we write it; undefined for what is no id. */
export function idOf(text: string): string | undefined {
  const [, prefix, number] = /^\s*([A-Za-z]+)[:_\s#-]?\s*(\d+)\s*$/.exec(text) ?? [];
  if (prefix === undefined || number === undefined) return undefined;
  const known = PREFIXES[prefix.toUpperCase()];
  if (known === undefined) return text.includes(":") ? `${prefix.toUpperCase()}:${number}` : undefined;
  return `${known}:${known === "HP" ? number.padStart(7, "0") : number}`;
}

const PREFIXES: Readonly<Record<string, string>> = {
  HP: "HP",
  HPO: "HP",
  OMIM: "OMIM",
  MIM: "OMIM",
  ORPHA: "ORPHA",
  ORPHANET: "ORPHA",
  ORPHACODE: "ORPHA",
  DECIPHER: "DECIPHER",
};

/** The one that is so called; of several, the disease of which most is known, and the others are told. */
function byName(library: Library, name: string, notices: string[]): string {
  const { terms, diseases } = searchesOf(library);
  const wanted = fold(name);
  const found = [diseases, terms].flatMap((of) => ["en", "es"].flatMap((lang) => of.search(name, { lang })));
  const ids = (all: typeof found): string[] => [...new Set(all.map(({ id }) => id))];
  const exact = ids(found.filter(({ matched, label }) => fold(matched) === wanted || fold(label) === wanted));
  const [first, ...others] = exact;
  if (first !== undefined) {
    if (others.length > 0) notices.push(`so called are also ${others.join(", ")}`);
    return first;
  }
  const near = ids(found).slice(0, 5);
  const shown = near.map((id) => `${id} ${found.find((one) => one.id === id)!.label}`);
  throw new UserError(near.length === 0 ? "nothing is so called" : "nothing is called just so", {
    where: name,
    fix:
      near.length === 0
        ? ["Search for a part of it: disease knowledge search TEXT", ...more(library)]
        : ["Give the id of one:", ...shown],
  });
}

async function unknown(library: Library, id: string): Promise<UserError> {
  const path = library.fileOf("hpo");
  const entry = id.startsWith("HP:") && path !== undefined ? await readTermEntry(path, id) : undefined;
  if (entry?.obsolete)
    return new UserError(`the term is obsolete: ${entry.name}`, {
      where: id,
      fix: entry.instead.length > 0 ? `Look at ${entry.instead.join(", ")}.` : "Nothing stands for it today.",
    });
  const { base, beside } = library;
  const all = [...base.ontology.ids, ...base.diseases, ...base.orphanet.ids, ...(beside.names?.keys() ?? [])];
  const prefix = `${id.split(":")[0]}:`;
  const same = all.filter((one) => one.startsWith(prefix));
  if (same.length === 0)
    return new UserError("there are no such ids in the knowledge base", {
      where: id,
      fix: "Ids begin with HP:, OMIM:, ORPHA: or DECIPHER:.",
    });
  const near = same.reduce((best, one) => (distance(one, id) < distance(best, id) ? one : best));
  const suggestion = distance(near, id) === 1 ? [`Did you mean ${near}?`] : [];
  return new UserError("the knowledge base has no such id", { where: id, fix: [...suggestion, ...more(library)] });
}

/** What would help to find more. */
function more({ base, beside }: Library): string[] {
  if (base.release.excerpt)
    return [
      `This is an excerpt of ${base.diseases.length} diseases: \`disease knowledge pull\` gets all, or give a folder with --knowledge.`,
    ];
  return beside.names === undefined ? ["More names come with: disease knowledge pull orphanet-xref"] : [];
}
