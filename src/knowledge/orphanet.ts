/** Orphanet's disorders as packed from the Orphapackets: one JSON a line (orphadata.com, CC BY 4.0). */
import { z } from "zod";
import { messageOf, UserError } from "../core/errors.ts";
import { FrequencyClass, type Ontology, type Orphanet } from "../core/knowledge.ts";

export const WHERE_ORPHANET = "Orphanet's data are at https://www.orphadata.com; docs/orphan.md has the format.";

const Entry = z.object({
  orpha: z.string().regex(/^\d+$/),
  label: z.string(),
  type: z.string(),
  omim: z.array(z.string()),
  hpo: z.array(z.tuple([z.string(), z.string()])),
  prevalence: z.array(
    z.object({ PrevalenceType: z.string(), PrevalenceClass: z.string(), PrevalenceGeographic: z.string() }),
  ),
});
/** What is packed of a disorder. */
export type Entry = z.infer<typeof Entry>;

const CLASSES: Readonly<Record<string, number>> = {
  Obligate: FrequencyClass.obligate,
  "Very frequent": FrequencyClass.veryFrequent,
  Frequent: FrequencyClass.frequent,
  Occasional: FrequencyClass.occasional,
  "Very rare": FrequencyClass.veryRare,
  Excluded: FrequencyClass.excluded,
};

/** Middle of each class of prevalence (geometric), per person. */
const PREVALENCE: Readonly<Record<string, number>> = {
  ">1 / 1000": 1.5e-3,
  "6-9 / 10 000": 7.5e-4,
  "1-5 / 10 000": 2.5e-4,
  "1-9 / 100 000": 3e-5,
  "1-9 / 1 000 000": 3e-6,
  "<1 / 1 000 000": 3e-7,
};
/** What says most about how many living people have a disease comes first. */
const KINDS = ["Point prevalence", "Prevalence at birth", "Lifetime Prevalence", "Annual incidence"];
const PLACES = ["Worldwide", "Europe"];

/** @throws UserError with the line that is no entry */
export function parsePacked(text: string, path: string): Entry[] {
  const entries: Entry[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.trim() === "") return;
    try {
      entries.push(Entry.parse(JSON.parse(line)));
    } catch (error) {
      const why = error instanceof z.ZodError ? (error.issues[0]?.path.join(".") ?? "") : messageOf(error);
      throw new UserError(`Orphanet's file is cut short or broken: ${why}`, {
        where: `${path}, line ${i + 1}`,
        fix: WHERE_ORPHANET,
      });
    }
  });
  return entries;
}

/** Disorders in typed arrays; terms that the ontology lacks are left out. */
export function orphanetOf(unsorted: readonly Entry[], ontology: Ontology): Orphanet {
  const entries = unsorted.toSorted((a, b) => (`ORPHA:${a.orpha}` < `ORPHA:${b.orpha}` ? -1 : 1));
  const terms = entries.map(({ hpo }) =>
    hpo.flatMap(([id, frequency]) => {
      const term = ontology.indexOf(id);
      return term === undefined ? [] : [[term, CLASSES[frequency.replace(/ \(.*$/, "")] ?? FrequencyClass.none]];
    }),
  );
  const offsets = new Uint32Array(entries.length + 1);
  terms.forEach((list, i) => {
    offsets[i + 1] = offsets[i] + list.length;
  });
  const prevalence = entries.map(prevalenceOf);
  return {
    ids: entries.map(({ orpha }) => `ORPHA:${orpha}`),
    names: entries.map(({ label }) => label),
    types: entries.map(({ type }) => type),
    omim: entries.map(({ omim }) => omim.map((id) => `OMIM:${id}`)),
    offsets,
    term: Uint32Array.from(terms.flat(), ([term]) => term),
    frequency: Uint8Array.from(terms.flat(), ([, frequency]) => frequency),
    prevalence: Float64Array.from(prevalence, ({ value }) => value),
    prevalenceText: prevalence.map(({ text: shown }) => shown),
  };
}

function prevalenceOf({ prevalence }: Entry): { value: number; text: string } {
  const known = prevalence.filter((p) => PREVALENCE[p.PrevalenceClass] && KINDS.includes(p.PrevalenceType));
  if (known.length === 0) return { value: Number.NaN, text: "" };
  const rank = (p: Entry["prevalence"][number]): number => {
    const place = PLACES.indexOf(p.PrevalenceGeographic);
    return KINDS.indexOf(p.PrevalenceType) * 10 + (place < 0 ? PLACES.length : place);
  };
  const best = known.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const { PrevalenceClass: range, PrevalenceType: kind, PrevalenceGeographic: place } = best;
  const shownPlace = place === "Worldwide" ? "worldwide" : place;
  return { value: PREVALENCE[range], text: `${range} (${kind.toLowerCase()}, ${shownPlace})` };
}
