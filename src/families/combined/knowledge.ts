/** What knowledge and solved cases say of orphan classes, as numbers that need no knowledge any more. */
import type { Matrix } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { FitContext, World } from "../../core/family.ts";
import type { Annotations, KnowledgeBase } from "../../core/knowledge.ts";
import { buildKnowledge } from "../../ranking/knowledge.ts";
import { loadMethod } from "../../ranking/methods.ts";
import type { CaseQuery, SolvedCase } from "../../ranking/query.ts";
import type { PhenotypeTerms } from "../../ranking/terms.ts";

/** Which columns say which term: several may say the same. */
export interface TermColumns {
  /** [columns] place of the column's term, -1 where it is none */
  readonly slotOf: Int32Array;
  /** [slots] index of the term in the ontology */
  readonly terms: Uint32Array;
  /** [slots] "HP:0000989 Pruritus" */
  readonly names: readonly string[];
}

export interface OrphanEvidence {
  /** Class codes of which something is known, ascending. */
  readonly described: Int32Array;
  readonly terms: TermColumns;
  /** [slots × described] what a term that is present adds to a class's score */
  readonly ratios: Float64Array;
  /** [train rows] scores [described] by what other papers tell; undefined for rows of no orphan class */
  readonly own: readonly (Float64Array | undefined)[];
}

/** "OMIM:256500 Netherton syndrome" → "OMIM:256500"; undefined where no id comes first: a common disease. */
export const diseaseIn = (className: string): string | undefined =>
  /^(?:OMIM|ORPHA|DECIPHER):\d+(?!\d)/.exec(className)?.[0];

const termIn = (column: string): string | undefined =>
  /^(?:.*=)?(HP[:_]\d{7})(?!\d)/.exec(column)?.[1]?.replace("_", ":");

/** Columns whose name begins with a term, or that an encoded list of symptoms gave ("symptoms=HP:0000989"). */
function termColumns({ names, rows, cols, data }: Matrix, { ontology, inside }: PhenotypeTerms): TermColumns {
  const slots = new Map<number, number>();
  const slotOf = Int32Array.from(names, (name, j) => {
    const id = termIn(name);
    const term = id === undefined ? undefined : ontology.indexOf(id);
    if (term === undefined || inside[term] === 0) return -1;
    for (let i = 0; i < rows; i++) {
      const value = data[i * cols + j];
      if (value === 0 || value === 1 || Number.isNaN(value)) continue;
      throw new UserError("combined: a column that is an HPO term holds other values than 0 and 1", {
        where: `column ${name}`,
        fix: "Say whether the patient has the symptom, or give the column another name.",
      });
    }
    if (!slots.has(term)) slots.set(term, slots.size);
    return slots.get(term)!;
  });
  const terms = Uint32Array.from(slots.keys());
  return { slotOf, terms, names: Array.from(terms, (term) => `${ontology.ids[term]} ${ontology.names[term]}`) };
}

/** [slots] 1 where a row says that the patient has the term: missing is "not asked", which counts as 0. */
export function presentTerms(
  { slotOf, terms }: Pick<TermColumns, "slotOf" | "terms">,
  x: Matrix,
  row: number,
): Uint8Array {
  const present = new Uint8Array(terms.length);
  for (let j = 0; j < x.cols; j++) if (slotOf[j] >= 0 && x.data[row * x.cols + j] > 0) present[slotOf[j]] = 1;
  return present;
}

/**
 * Scores of src/ranking, for the orphan classes of a table. Training rows are solved cases, and no row is ever explained by its own
 * paper: neither by its cases nor, with `leaveOut`, by annotations that rest on papers of the table alone.
 */
export async function learnOrphans(
  { train, seed, threads, signal }: Pick<FitContext<unknown>, "train" | "seed" | "threads" | "signal">,
  { classNames, groupNames, groups }: World,
  { base: all, method: id, leaveOut }: { base: KnowledgeBase; method: string; leaveOut: boolean },
  pace: () => Promise<void>,
): Promise<OrphanEvidence> {
  const base = leaveOut ? withoutPapers(all, new Set(groupNames)) : all;
  const ids = classNames.map(diseaseIn);
  const others = classNames.flatMap((name, k) => (ids[k] === undefined ? [] : [{ id: ids[k], name }]));
  const databases = [...new Set(others.map((other) => other.id.slice(0, other.id.indexOf(":"))))];
  const knowledge = buildKnowledge(base, { databases, others, enriched: true });
  const terms = termColumns(train.x, knowledge.terms);
  const blank = { excluded: new Uint32Array(0), sex: "unknown", age: undefined, onset: undefined } as const;
  const queryOf = (name: string, observed: Uint32Array, publication?: string): CaseQuery => ({
    ...{ ...blank, name, observed, publication },
  });
  const cases = Array.from(train.y, (code, row): SolvedCase | undefined => {
    const disease = ids[code];
    if (disease === undefined) return undefined;
    const present = presentTerms(terms, train.x, row);
    const observed = terms.terms.filter((_, slot) => present[slot] === 1).sort();
    const publication = groups[row] < 0 ? `row ${row}` : groupNames[groups[row]];
    return { ...queryOf(`row ${row}`, observed, publication), disease, target: knowledge.indexOf(disease) };
  });
  const solved = cases.filter((one) => one !== undefined);
  const method = await loadMethod(id);
  const ranker = await method.train({ knowledge, solved, leavePublicationOut: false, seed, threads, signal });
  try {
    const target = ids.map((disease) => (disease === undefined ? undefined : knowledge.indexOf(disease)));
    const none = ranker.score(queryOf("nothing", new Uint32Array(0)));
    const described = Int32Array.from(target.keys()).filter(
      (k) => target[k] !== undefined && none[target[k]] > Number.NEGATIVE_INFINITY,
    );
    const scoresOf = (query: CaseQuery): Float64Array => {
      const scores = ranker.score(query);
      return Float64Array.from(described, (k) => scores[target[k]!]);
    };
    const ratios = new Float64Array(terms.terms.length * described.length);
    for (const [slot, term] of terms.terms.entries()) {
      await pace();
      ratios.set(scoresOf(queryOf("term", Uint32Array.of(term))), slot * described.length);
    }
    const own: (Float64Array | undefined)[] = [];
    for (const one of cases) {
      await pace();
      own.push(one && scoresOf(one));
    }
    return { described, terms, ratios, own };
  } finally {
    ranker.dispose();
  }
}

/** Knowledge without the annotations that rest on these publications alone. */
export function withoutPapers(base: KnowledgeBase, papers: ReadonlySet<string>): KnowledgeBase {
  const { annotations } = base;
  const gone = annotations.references.map((text) => text !== "" && text.split(";").every((one) => papers.has(one)));
  if (!gone.includes(true)) return base;
  const kept = Uint32Array.from(annotations.reference.keys()).filter((row) => !gone[annotations.reference[row]]);
  const offsets = new Uint32Array(annotations.offsets.length);
  for (let d = 0, at = 0; d + 1 < offsets.length; d++) {
    while (at < kept.length && kept[at] < annotations.offsets[d + 1]) at++;
    offsets[d + 1] = at;
  }
  const { term, aspect, negated, hits, total, share, frequency, onset, sex, modifier, reference } = annotations;
  const own: Annotations = {
    ...annotations,
    offsets,
    term: Uint32Array.from(kept, (row) => term[row]),
    aspect: Uint8Array.from(kept, (row) => aspect[row]),
    negated: Uint8Array.from(kept, (row) => negated[row]),
    hits: Uint32Array.from(kept, (row) => hits[row]),
    total: Uint32Array.from(kept, (row) => total[row]),
    share: Float32Array.from(kept, (row) => share[row]),
    frequency: Uint8Array.from(kept, (row) => frequency[row]),
    onset: Int32Array.from(kept, (row) => onset[row]),
    sex: Uint8Array.from(kept, (row) => sex[row]),
    modifier: Uint16Array.from(kept, (row) => modifier[row]),
    reference: Uint32Array.from(kept, (row) => reference[row]),
  };
  return { ...base, annotations: own };
}
