import { expect, test } from "vitest";
import type { Matrix } from "../../src/core/dataset.ts";
import type { FitContext } from "../../src/core/family.ts";
import type { Knowledge, KnowledgeBase } from "../../src/core/knowledge.ts";
import { learnOrphans, withoutPapers } from "../../src/families/combined/knowledge.ts";
import { scoresOf } from "../../src/families/combined/model.ts";
import { fitShares, sharesOf } from "../../src/families/combined/shares.ts";
import { family } from "../../src/families/combined.ts";
import { type Row, smallKnowledge, TERMS, type TermName } from "../support/knowledge.ts";

/** What is known of three diseases; of OMIM:4 nothing is. */
const KNOWN: readonly Row[] = [
  { disease: "OMIM:1", term: "murmur", reference: "PMID:11", frequency: "9/10" },
  { disease: "OMIM:1", term: "fibrillation", reference: "PMID:11", frequency: "5/10" },
  { disease: "OMIM:2", term: "ataxia", reference: "PMID:12", frequency: "9/10" },
  { disease: "OMIM:3", term: "febrile", reference: "PMID:13", frequency: "9/10" },
];
const CLASSES = ["OMIM:1 one", "OMIM:2 two", "OMIM:3 three", "OMIM:4 four", "gripe", "sarna"];
const SEEN: readonly TermName[] = ["murmur", "fibrillation", "ataxia", "febrile", "seizure"];

/** One patient: class, publication, terms, and whether the skin clinic's cream helped (NaN: not asked). */
interface Patient {
  readonly of: string;
  readonly paper: string;
  readonly has: readonly TermName[];
  readonly cream?: number;
  readonly age?: number;
}

const COMMON: readonly Patient[] = Array.from({ length: 24 }, (_, i) => ({
  of: i % 2 === 0 ? "gripe" : "sarna",
  paper: `clinic ${i}`,
  has: i % 8 === 0 ? ["seizure"] : [],
  cream: i % 2,
  age: 20 + (i % 5),
}));
const RARE: readonly Patient[] = [
  { of: "OMIM:1 one", paper: "PMID:21", has: ["murmur", "fibrillation"], age: 3 },
  { of: "OMIM:1 one", paper: "PMID:22", has: ["murmur", "seizure"], age: 23 },
  { of: "OMIM:2 two", paper: "PMID:23", has: ["ataxia"], age: 4 },
  { of: "OMIM:2 two", paper: "PMID:24", has: ["ataxia", "seizure"], age: 22 },
];

function tableOf(patients: readonly Patient[]): Matrix {
  const names = [...SEEN.map((term) => `${TERMS[term]} ${term}`), "cream", "age"];
  const data = Float32Array.from(
    patients.flatMap(({ has, cream = Number.NaN, age = 20 }) => [
      ...SEEN.map((term) => (has.includes(term) ? 1 : Number.NaN)),
      cream,
      age,
    ]),
  );
  return { rows: patients.length, cols: names.length, names, data };
}

function contextOf(
  base: KnowledgeBase,
  patients: readonly Patient[],
  params: Record<string, unknown> = {},
  classNames: readonly string[] = CLASSES,
): FitContext<ReturnType<typeof family.params.parse>> {
  const x = tableOf(patients);
  const groupNames = [...new Set(patients.map(({ paper }) => paper))];
  const knowledge: Knowledge = {
    base: async () => base,
    ontology: async () => base.ontology,
  };
  return {
    train: { x, y: Int32Array.from(patients, ({ of }) => classNames.indexOf(of)) },
    validation: { x: { ...x, rows: 0, data: new Float32Array(0) }, y: new Int32Array(0) },
    classes: classNames.length,
    params: family.params.parse(params),
    seed: 1,
    threads: 1,
    signal: new AbortController().signal,
    world: {
      knowledge,
      classNames,
      groupNames,
      groups: Int32Array.from(patients, ({ paper }) => groupNames.indexOf(paper)),
    },
  };
}

const patient = (has: readonly TermName[], rest: Partial<Patient> = {}): Patient => ({
  of: "",
  paper: "",
  has,
  ...rest,
});

/** Class of the highest probability of each patient. */
function best(proba: Float32Array, classes: readonly string[] = CLASSES): string[] {
  return Array.from({ length: proba.length / classes.length }, (_, row) => {
    const own = proba.subarray(row * classes.length, (row + 1) * classes.length);
    return classes[own.indexOf(Math.max(...own))];
  });
}

test("a disease without any patient in training is found by what is known of it, beside common ones", async () => {
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE]));
  const asked = [
    patient(["febrile", "seizure"], { age: 3 }),
    patient(["murmur"], { age: 3 }),
    patient([], { cream: 1 }),
    patient([], { cream: 0 }),
  ];
  const proba = model.predictProba(tableOf(asked));
  expect(best(proba)).toEqual(["OMIM:3 three", "OMIM:1 one", "sarna", "gripe"]);
  for (let row = 0; row < asked.length; row++)
    expect(proba.subarray(row * 6, row * 6 + 6).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  const loaded = await family.load(model.save());
  expect(loaded.predictProba(tableOf(asked))).toEqual(proba);
  expect(loaded.unpredictable).toEqual(model.unpredictable);
});

test("a ghost, of which neither knowledge nor a patient tells anything, is never predicted, and is named", async () => {
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE]));
  const proba = model.predictProba(tableOf(SEEN.map((term) => patient([term]))));
  expect(SEEN.map((_, row) => proba[row * 6 + 3])).toEqual(SEEN.map(() => 0));
  expect(model.unpredictable).toEqual([3]);
  expect(model.notices?.join("\n")).toMatch(/never predicted.*OMIM:4 four/);
});

test("what no knowledge could tell leaves a share to the unknown diseases, below that of the best known one", async () => {
  // But for their own papers nothing is known of these two: as of two in six patients.
  const alone = ["OMIM:5 five", "OMIM:6 six"].map(
    (of, i): Patient => ({ of, paper: `PMID:5${i}`, has: ["seizure"], age: 3 }),
  );
  const classes = [...CLASSES, "OMIM:5 five", "OMIM:6 six"];
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE, ...alone], {}, classes));
  expect(model.unpredictable).toEqual([3]);
  const proba = model.predictProba(tableOf([patient(["ataxia"], { age: 3 }), patient([], { age: 3 })]));
  for (const row of [0, 1]) {
    const own = proba.subarray(row * 8, row * 8 + 8);
    expect(own[3]).toBeGreaterThan(0);
    expect(own[3]).toBeLessThan(Math.max(own[0], own[1], own[2], own[6], own[7]));
    expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  }
  const loaded = await family.load(model.save());
  expect(loaded.predictProba(tableOf([patient(["ataxia"])]))).toEqual(
    model.predictProba(tableOf([patient(["ataxia"])])),
  );
});

test("solved cases alone make a disease predictable", async () => {
  const solved: Patient = { of: "OMIM:4 four", paper: "PMID:31", has: ["seizure", "febrile", "ataxia"], age: 2 };
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE, solved]));
  const proba = model.predictProba(tableOf([patient(["seizure", "febrile", "ataxia"], { age: 2 })]));
  expect(best(proba)).toEqual(["OMIM:4 four"]);
  expect(model.unpredictable).toEqual([]);
});

test("annotations from the table's own papers do not count, unless the model is to be used", async () => {
  const base = await smallKnowledge([
    ...KNOWN.filter(({ disease }) => disease !== "OMIM:3"),
    { disease: "OMIM:3", term: "febrile", reference: "PMID:77", frequency: "9/10" },
  ]);
  const judged: Patient = { of: "OMIM:3 three", paper: "PMID:77", has: ["febrile"], age: 2 };
  const learn = async (params: Record<string, unknown>) => {
    const context = contextOf(base, [...COMMON, ...RARE, judged], params);
    // The patient is not in training; his paper is known of, as that of any patient of the table.
    const rows = context.train.x.rows - 1;
    const data = context.train.x.data.subarray(0, rows * context.train.x.cols);
    const train = { x: { ...context.train.x, rows, data }, y: context.train.y.subarray(0, rows) };
    return family.fit({
      ...context,
      train,
      world: { ...context.world!, groups: context.world!.groups.subarray(0, rows) },
    });
  };
  expect((await learn({})).unpredictable).toEqual([2, 3]);
  expect((await learn({ leave_papers_out: false })).unpredictable).toEqual([3]);
});

test("a patient is never explained by his own paper's cases while the model learns", async () => {
  const paper = [
    { of: "OMIM:4 four", paper: "PMID:31", has: ["febrile"] },
    { of: "OMIM:4 four", paper: "PMID:31", has: ["febrile", "ataxia"] },
  ] as const;
  const context = contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE, ...paper]);
  const settings = { base: await smallKnowledge(KNOWN), method: "orphan-cases", leaveOut: true };
  const { described, own, ratios, terms } = await learnOrphans(context, context.world!, settings, async () => {});
  expect([...described]).toEqual([0, 1, 2, 3]);
  const rows = [COMMON.length + RARE.length, COMMON.length + RARE.length + 1];
  expect(rows.map((row) => own[row]![3])).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  // Another paper's patient sees them; scores of a row are sums over its terms.
  const state = { orphans: described, ratios, slotOf: terms.slotOf };
  const [fits, other] = scoresOf(state, tableOf([patient(["febrile", "ataxia"]), patient(["murmur"])]));
  expect(fits[3]).toBeGreaterThan(other[3]);
  const parts = scoresOf(state, tableOf([patient(["febrile"]), patient(["ataxia"])]));
  fits.forEach((score, k) => {
    expect(score).toBeCloseTo(parts[0][k] + parts[1][k], 10);
  });
});

test("the sum over a patient's terms is the score of the ranking itself", async () => {
  const base = await smallKnowledge(KNOWN);
  const context = contextOf(base, [...COMMON, ...RARE]);
  const settings = { base, method: "orphan-lr", leaveOut: true };
  const { described, own, ratios, terms } = await learnOrphans(context, context.world!, settings, async () => {});
  // Without learning from cases a row's own paper makes no difference.
  const all = scoresOf({ orphans: described, ratios, slotOf: terms.slotOf }, context.train.x);
  for (let row = COMMON.length; row < all.length; row++)
    own[row]!.forEach((score, k) => {
      expect(all[row][k]).toBeCloseTo(score, 10);
    });
});

test("not asked is as absent: which cells are filled changes nothing of the orphan diseases", async () => {
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE]));
  const x = tableOf([patient(["febrile"])]);
  const filled = { ...x, data: x.data.map((value, j) => (j < SEEN.length && Number.isNaN(value) ? 0 : value)) };
  expect(model.predictProba(filled)).toEqual(model.predictProba(x));
});

test("the gate reads what both sides have, and says where the filling of a column tells them apart", async () => {
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE]));
  const card = JSON.parse(new TextDecoder().decode(model.save()["knowledge.json"]));
  // The cream is asked of in the clinic only; a murmur only the rare ones have; seizures both.
  expect(card.gate).toEqual([`${TERMS.seizure} seizure`, "age"]);
  expect(card.knowledge).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), hpoVersion: "2025-01-16" });
  expect(model.notices?.join("\n")).toMatch(/whether cream is filled alone .* 100 %/);
});

test("patients with none of the diseases teach how much to leave for none of these", async () => {
  const classes = [...CLASSES, "none of these"];
  const outside: readonly Patient[] = Array.from({ length: 3 }, (_, i) => ({
    of: "none of these",
    paper: `PMID:4${i}`,
    has: ["seizure"],
    age: 3 + i,
  }));
  const model = await family.fit(contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE, ...outside], {}, classes));
  const asked = [patient(["seizure"], { age: 3 }), patient(["murmur", "fibrillation"], { age: 3 })];
  const proba = model.predictProba(tableOf(asked));
  expect(best(proba, classes)).toEqual(["none of these", "OMIM:1 one"]);
  expect(proba[6]).toBeGreaterThan(proba[7 + 6]);
});

test("what no training row and no knowledge can tell is refused by name", async () => {
  const base = await smallKnowledge(KNOWN);
  const without = COMMON.filter(({ of }) => of !== "sarna");
  await expect(family.fit(contextOf(base, [...without, ...RARE]))).rejects.toThrow(/class sarna has no row/);
  await expect(family.fit(contextOf(base, COMMON))).rejects.toThrow(/no training row has an orphan disease/);
});

test("a term's column holds yes and no", async () => {
  const context = contextOf(await smallKnowledge(KNOWN), [...COMMON, ...RARE]);
  const { x } = context.train;
  const train = { ...context.train, x: { ...x, data: x.data.map((value, at) => (at === 0 ? 2.5 : value)) } };
  await expect(family.fit({ ...context, train })).rejects.toMatchObject({ where: `column ${TERMS.murmur} murmur` });
});

test("annotations are left out only where all their papers are the table's", async () => {
  const rows: readonly Row[] = [
    { disease: "OMIM:1", term: "murmur", reference: "PMID:1" },
    { disease: "OMIM:1", term: "ataxia", reference: "PMID:1;PMID:2" },
    { disease: "OMIM:2", term: "febrile", reference: "PMID:2" },
  ];
  const base = await smallKnowledge(rows);
  const { annotations, diseases } = withoutPapers(base, new Set(["PMID:1"]));
  expect(diseases).toEqual(base.diseases);
  expect([...annotations.offsets]).toEqual([0, 1, 2]);
  expect(Array.from(annotations.term, (term) => base.ontology.ids[term])).toEqual([TERMS.ataxia, TERMS.febrile]);
  expect(withoutPapers(base, new Set(["PMID:3"]))).toBe(base);
});

test("the temperature is the one with the least log loss, and none of these as frequent as it was", () => {
  // One answer in four is the second best: odds of 3 for a gap of 6, so a temperature of 6 / ln 3.
  const rows = [0, 0, 0, 1].map((target) => ({ scores: Float64Array.of(6, 0), target }));
  expect(fitShares(rows, false).temperature).toBeCloseTo(6 / Math.log(3), 2);
  const outside = [...rows, ...rows.map(({ scores }) => ({ scores, target: undefined }))];
  const fitted = fitShares(outside, true);
  expect(sharesOf(Float64Array.of(6, 0), fitted)[2]).toBeCloseTo(0.5, 2);
});
