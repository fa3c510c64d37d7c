/** The Human Phenotype Ontology from its files, and any other ontology in the same formats. */
import { messageOf, UserError } from "../core/errors.ts";
import type { Ontology } from "../core/knowledge.ts";
import { plainText, readBytes } from "./source.ts";

const WHERE_TO_GET =
  "hp.obo and hp.json are at https://hpo.jax.org/data/ontology; `disease knowledge pull hpo` gets one.";

interface Term {
  id: string;
  name: string;
  readonly parents: string[];
  readonly alternatives: string[];
  readonly synonyms: string[];
  obsolete: boolean;
  replacedBy: string | undefined;
}

/**
 * Reads hp.obo (OBO 1.2 or 1.4) or hp.json (OBO Graphs), also as .gz: ids, names, is_a, alternative and replaced ids.
 * @throws UserError when it cannot be read, is neither, holds no term, or a term is more general than itself
 */
export async function readOntology(path: string): Promise<Ontology> {
  return parseOntology(await readBytes(path, "ontology", WHERE_TO_GET), path);
}

/** @throws UserError as `readOntology` does */
export function parseOntology(bytes: Buffer, path: string): Ontology {
  const text = plainText(bytes, path, "ontology", WHERE_TO_GET);
  const { release, terms } = /^\s*\{/.test(text) ? parseJson(text, path) : parseObo(text, path);
  if (terms.length === 0) {
    throw new UserError("no term is in the ontology: it is neither OBO nor OBO Graphs JSON", {
      where: path,
      fix: WHERE_TO_GET,
    });
  }
  return build(release, terms, path);
}

const emptyTerm = (id: string): Term => ({
  id,
  name: "",
  parents: [],
  alternatives: [],
  synonyms: [],
  obsolete: false,
  replacedBy: undefined,
});

/** @throws UserError when it ends within a line, or within the terms: a more general one that should follow is missing */
function parseObo(text: string, path: string): { release: string; terms: Term[] } {
  const terms: Term[] = [];
  let release = "";
  let term: Term | undefined;
  let head = true;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("[")) {
      head = false;
      term = line.startsWith("[Term]") ? emptyTerm("") : undefined;
      if (term) terms.push(term);
      continue;
    }
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const key = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    // What follows an id is a comment ("! Growth abnormality") or a qualifier ("{source=…}").
    const id = value.split(/\s/, 1)[0];
    if (head && key === "data-version") release = value;
    if (!term) continue;
    if (key === "id") term.id = id;
    else if (key === "name") term.name = value;
    else if (key === "is_a") term.parents.push(id);
    else if (key === "alt_id") term.alternatives.push(id);
    else if (key === "synonym")
      term.synonyms.push(/^"((?:[^"\\]|\\.)*)"/.exec(value)?.[1]?.replace(/\\(.)/g, "$1") ?? "");
    else if (key === "is_obsolete") term.obsolete = value.startsWith("true");
    else if (key === "replaced_by") term.replacedBy = id;
  }
  const kept = terms.filter(({ id }) => id !== "");
  const known = new Set(kept.map(({ id }) => id));
  const own = new Set(kept.map(({ id }) => prefixOf(id)));
  const missing = kept.flatMap(({ parents }) => parents).find((id) => own.has(prefixOf(id)) && !known.has(id));
  if (kept.length > 0 && (missing !== undefined || !text.endsWith("\n"))) {
    const why = missing === undefined ? "its last line does not end" : `${missing} is named and not in it`;
    throw new UserError(`the ontology is cut short: ${why}`, {
      where: `${path}, line ${text.trimEnd().split("\n").length}`,
      fix: WHERE_TO_GET,
    });
  }
  return { release, terms: kept };
}

const prefixOf = (id: string): string => id.split(":", 1)[0]!;

/** What is read of OBO Graphs (https://github.com/geneontology/obographs). */
interface Graphs {
  graphs?: {
    meta?: { version?: string };
    nodes?: {
      id: string;
      lbl?: string;
      type?: string;
      meta?: {
        deprecated?: boolean;
        synonyms?: { val: string }[];
        basicPropertyValues?: { pred: string; val: string }[];
      };
    }[];
    edges?: { sub: string; pred: string; obj: string }[];
  }[];
}

/** "http://purl.obolibrary.org/obo/HP_0000118" → "HP:0000118" */
const shortId = (id: string): string => id.replace(/^.*[/#]([A-Za-z]+)_(\d+)$/, "$1:$2");

function parseJson(text: string, path: string): { release: string; terms: Term[] } {
  let graphs: Graphs["graphs"];
  try {
    ({ graphs } = JSON.parse(text) as Graphs);
  } catch (error) {
    throw new UserError(`the ontology is broken JSON: ${messageOf(error)}`, { where: path, fix: WHERE_TO_GET });
  }
  const terms = new Map<string, Term>();
  for (const { id, lbl, type, meta } of graphs?.flatMap(({ nodes }) => nodes ?? []) ?? []) {
    if (type !== undefined && type !== "CLASS") continue;
    const term = emptyTerm(shortId(id));
    term.name = lbl ?? "";
    term.obsolete = meta?.deprecated ?? false;
    term.synonyms.push(...(meta?.synonyms?.map(({ val }) => val) ?? []));
    for (const { pred, val } of meta?.basicPropertyValues ?? []) {
      if (pred.endsWith("hasAlternativeId")) term.alternatives.push(shortId(val));
      else if (pred.endsWith("IAO_0100001")) term.replacedBy = shortId(val);
    }
    terms.set(term.id, term);
  }
  for (const { sub, pred, obj } of graphs?.flatMap(({ edges }) => edges ?? []) ?? []) {
    if (pred === "is_a") terms.get(shortId(sub))?.parents.push(shortId(obj));
  }
  const version = graphs?.[0]?.meta?.version ?? "";
  return { release: version.replace(/^.*obo\/(.*?)(\/[^/]*\.\w+)?$/, "$1"), terms: [...terms.values()] };
}

function build(release: string, all: readonly Term[], path: string): Ontology {
  const terms = all.filter(({ obsolete }) => !obsolete).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const index = new Map(terms.map(({ id }, i) => [id, i]));
  const given = new Map<string, string>();
  for (const { id, alternatives, obsolete, replacedBy } of all) {
    for (const alternative of alternatives) if (!index.has(alternative)) given.set(alternative, id);
    if (obsolete && replacedBy !== undefined) given.set(id, replacedBy);
  }
  const replaced = new Map<string, string>();
  for (const id of given.keys()) {
    let now = given.get(id);
    for (let hops = 0; now !== undefined && !index.has(now) && hops < 100; hops++) now = given.get(now);
    if (now !== undefined && index.has(now)) replaced.set(id, now);
  }
  const parents = terms.map((term) => term.parents.flatMap((id) => index.get(id) ?? []));
  const loop = findLoop(parents);
  if (loop !== undefined) {
    throw new UserError(`the term ${terms[loop].id} is more general than itself`, { where: path, fix: WHERE_TO_GET });
  }
  return ontologyOf({
    release,
    ids: terms.map(({ id }) => id),
    names: terms.map(({ name }) => name),
    synonyms: terms.map(({ synonyms }) => synonyms.filter((text) => text !== "")),
    parents,
    replaced,
  });
}

/** Adds the look-up by id to the rest of an ontology. */
export function ontologyOf(plain: Omit<Ontology, "indexOf">): Ontology {
  const index = new Map(plain.ids.map((id, i) => [id, i]));
  return { ...plain, indexOf: (id) => index.get(id) ?? index.get(plain.replaced.get(id) ?? "") };
}

/** A term on a loop of parents, or one below a loop; undefined where there is none (Kahn's algorithm). */
function findLoop(parents: readonly (readonly number[])[]): number | undefined {
  const children = new Int32Array(parents.length);
  for (const up of parents) for (const parent of up) children[parent]++;
  const ready = [...children.keys()].filter((i) => children[i] === 0);
  for (const i of ready) {
    for (const parent of parents[i]) if (--children[parent] === 0) ready.push(parent);
  }
  return ready.length === parents.length ? undefined : children.findIndex((count) => count > 0);
}
