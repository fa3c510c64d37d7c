/** How the patient's onset, age and sex fit a disease, by annotations and by solved cases. */
import { ASPECTS } from "../../core/knowledge.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { CaseQuery, SolvedCase } from "../query.ts";

/** Onset terms by period, the first of life first; each with the age in years at which the period ends. */
const PERIODS: readonly { readonly until: number; readonly terms: readonly string[] }[] = [
  { until: 0, terms: ["HP:0030674", "HP:0011460", "HP:0011461", "HP:0034197", "HP:0034198", "HP:0034199"] },
  { until: 1 / 365, terms: ["HP:0003577"] },
  { until: 28 / 365, terms: ["HP:0003623"] },
  { until: 1, terms: ["HP:0003593"] },
  { until: 5, terms: ["HP:0011463"] },
  { until: 16, terms: ["HP:0003621"] },
  { until: 40, terms: ["HP:0003581", "HP:0011462", "HP:0025708", "HP:0025709", "HP:0025710"] },
  { until: 60, terms: ["HP:0003596"] },
  { until: Number.POSITIVE_INFINITY, terms: ["HP:0003584"] },
];
const COUNT = PERIODS.length;
const PERIOD_OF = new Map(PERIODS.flatMap(({ terms }, period) => terms.map((term) => [term, period] as const)));
const periodAt = (years: number): number => PERIODS.findIndex(({ until }) => years <= until);

/** How many patients' worth the background counts. */
const PRIOR = 1.5;
const [INHERITANCE, COURSE] = [ASPECTS.indexOf("I"), ASPECTS.indexOf("C")];
const X_LINKED: Readonly<Record<string, number>> = { "HP:0001419": 1, "HP:0001417": 0.5, "HP:0001423": -0.5 };

/** Log-odds against the background: 0 where nothing is known. */
export interface PatientFit {
  readonly onset: number;
  /** That the patient, at this age, has fallen ill already. */
  readonly age: number;
  readonly sex: number;
  /** X-linked recessive: 1 for men, -1 for women; dominant: the reverse, half of it. */
  readonly xLinked: number;
}

/**
 * @param leftOut publication whose cases do not count
 * @param pruned whether annotations that rest on it alone do not count either
 */
export function createPatientFit(
  knowledge: DiseaseKnowledge,
  solved: readonly SolvedCase[],
  pruned: boolean,
): (query: CaseQuery, leftOut: string | undefined) => (disease: number) => PatientFit {
  const { annotations } = knowledge.base;
  const rows = knowledge.ids.map((_, disease) => rowsOf(knowledge, disease));
  const cases = casesBy(solved);
  const background = new Float64Array(COUNT).fill(1);
  const sexes = [1, 1];
  for (const one of solved) {
    const period = periodOf(one);
    if (period !== undefined) background[period]++;
    if (one.sex === "female") sexes[0]++;
    if (one.sex === "male") sexes[1]++;
  }
  const total = background.reduce((a, b) => a + b, 0);
  const prior = background.map((count) => count / total);
  const male = sexes[1] / (sexes[0] + sexes[1]);
  const references = new Map(annotations.references.map((text, i) => [text, i]));

  const count = (disease: number, reference: number, leftOut: string | undefined): Tally => {
    const counts = new Float64Array(COUNT);
    let [weight, men, people, xLinked] = [0, 0, 0, 0];
    for (const row of rows[disease]) {
      if (row.reference === reference) continue;
      xLinked ||= row.xLinked;
      counts[row.period] += row.patients;
      weight += row.patients;
    }
    for (const { publication, sex, period } of cases.get(disease)?.list ?? []) {
      if (leftOut !== undefined && publication === leftOut) continue;
      if (period !== undefined) {
        counts[period]++;
        weight++;
      }
      if (sex === "male") men++;
      if (sex === "male" || sex === "female") people++;
    }
    return { counts, weight, men, people, xLinked };
  };
  /** With nothing left out. */
  const whole = new Map<number, Tally>();
  const tallyOf = (disease: number, reference: number, leftOut: string | undefined): Tally => {
    const touched =
      (leftOut !== undefined && cases.get(disease)?.publications.has(leftOut)) ||
      (reference >= 0 && rows[disease].some((row) => row.reference === reference));
    if (touched) return count(disease, reference, leftOut);
    let tally = whole.get(disease);
    if (tally === undefined) {
      tally = count(disease, -1, undefined);
      whole.set(disease, tally);
    }
    return tally;
  };

  return (query, leftOut) => {
    const reference = pruned && leftOut !== undefined ? (references.get(leftOut) ?? -1) : -1;
    const period = periodOf(query);
    const reached = query.age === undefined ? -1 : periodAt(query.age);
    return (disease) => {
      const { counts, weight, men, people, xLinked } = tallyOf(disease, reference, leftOut);
      const odds = (upTo: number, from: number): number => {
        let [own, all] = [0, 0];
        for (let p = from; p <= upTo; p++) {
          own += counts[p] + PRIOR * prior[p];
          all += prior[p];
        }
        return Math.log(own / (weight + PRIOR) / all);
      };
      const isMale = (men + 2 * male) / (people + 2);
      const sign = query.sex === "male" ? 1 : query.sex === "female" ? -1 : 0;
      return {
        onset: period === undefined ? 0 : odds(period, period),
        age: reached < 0 ? 0 : odds(reached, 0),
        sex: sign === 0 ? 0 : Math.log(sign > 0 ? isMale / male : (1 - isMale) / (1 - male)),
        xLinked: sign * xLinked,
      };
    };
  };
}

function periodOf({ onset }: CaseQuery): number | undefined {
  if (onset === undefined) return undefined;
  return "years" in onset ? periodAt(onset.years) : PERIOD_OF.get(onset.term);
}

/** What is known of a disease's patients. */
interface Tally {
  /** [periods] patients who fell ill then, and how many these are */
  readonly counts: Float64Array;
  readonly weight: number;
  readonly men: number;
  readonly people: number;
  readonly xLinked: number;
}

interface DiseaseCases {
  readonly list: {
    readonly publication: string | undefined;
    readonly sex: string;
    readonly period: number | undefined;
  }[];
  readonly publications: Set<string | undefined>;
}

function casesBy(solved: readonly SolvedCase[]): ReadonlyMap<number, DiseaseCases> {
  const found = new Map<number, DiseaseCases>();
  for (const one of solved) {
    const { target, publication, sex } = one;
    if (target === undefined) continue;
    const own = found.get(target) ?? { list: [], publications: new Set() };
    found.set(target, own);
    own.list.push({ publication, sex, period: periodOf(one) });
    own.publications.add(publication);
  }
  return found;
}

interface PatientRow {
  readonly reference: number;
  readonly xLinked: number;
  readonly period: number;
  /** √ of the number of patients; 0 where it is not about onset */
  readonly patients: number;
}

/** What annotations say of a disease's inheritance and onset. */
function rowsOf({ base, annotated }: DiseaseKnowledge, disease: number): readonly PatientRow[] {
  const { offsets, aspect, negated, term, reference, hits } = base.annotations;
  const at = annotated[disease];
  const rows: PatientRow[] = [];
  for (let row = at < 0 ? 0 : offsets[at]; row < (at < 0 ? 0 : offsets[at + 1]); row++) {
    if (negated[row] === 1) continue;
    const id = base.ontology.ids[term[row]];
    const xLinked = aspect[row] === INHERITANCE ? (X_LINKED[id] ?? 0) : 0;
    const period = aspect[row] === COURSE ? PERIOD_OF.get(id) : undefined;
    if (xLinked === 0 && period === undefined) continue;
    const patients = period === undefined ? 0 : Math.sqrt(Math.max(1, hits[row]));
    rows.push({ reference: reference[row], xLinked, period: period ?? 0, patients });
  }
  return rows;
}
