/** Disorders as a knowledge base has them, joined from Orphadata's products. */
import type { Entry } from "../orphanet.ts";
import { type Element, readDisorders } from "./disorders.ts";
import { describedOf, type Named, namedOf, phenotypesOf, prevalencesOf } from "./products.ts";

export interface ProductPaths {
  readonly phenotypes: string | undefined;
  readonly prevalences: string | undefined;
  readonly names: string | undefined;
}

/**
 * Puts what products say in place of what is packed: phenotypes, prevalences, and (of disorders that have one of these) names and ids in OMIM.
 * The product of names lists groups of diseases too, which are no answers: it adds no disorder.
 * @throws UserError as `readDisorders` does
 */
export async function withProducts(
  packed: readonly Entry[],
  { phenotypes, prevalences, names }: ProductPaths,
): Promise<{ readonly entries: readonly Entry[] /** By path. */; readonly dates: ReadonlyMap<string, string> }> {
  const entries = new Map(packed.map((entry) => [entry.orpha, entry]));
  const dates = new Map<string, string>();
  const put = (named: Named, part: Partial<Entry>): void => {
    const known = entries.get(named.orpha) ?? { ...named, omim: [], hpo: [], prevalence: [] };
    entries.set(named.orpha, { ...known, ...part });
  };
  const read = async (path: string | undefined, key: keyof Entry, each: (one: Element) => void): Promise<void> => {
    if (path === undefined) return;
    if (key !== "omim") for (const [orpha, entry] of entries) entries.set(orpha, { ...entry, [key]: [] });
    dates.set(path, (await readDisorders(path, each)).date);
  };
  await read(phenotypes, "hpo", (one) => put(namedOf(one), { hpo: phenotypesOf(one) }));
  await read(prevalences, "prevalence", (one) => put(namedOf(one), { prevalence: prevalencesOf(one) }));
  await read(names, "omim", (one) => {
    const { orpha, label, type, references } = describedOf(one);
    if (!entries.has(orpha)) return;
    const omim = references.flatMap(({ id }) => (id.startsWith("OMIM:") ? id.slice(5) : []));
    put({ orpha, label, type }, { label, type, omim });
  });
  return { entries: [...entries.values()], dates };
}
