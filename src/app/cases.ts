/** Rare diseases for cases: joins knowledge, phenopackets and ranking methods. */
import { closeSync, openSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CaseProblem, PatientCase } from "../core/cases.ts";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import type { KnowledgeBase, KnowledgeRelease } from "../core/knowledge.ts";
import { loadKnowledge } from "../knowledge/base.ts";
import { cacheHome } from "../knowledge/cache.ts";
import { listFiles } from "../knowledge/files.ts";
import { collectCases } from "../lake/phenopackets/read.ts";
import { type AnswerSettings, knowledgeFor } from "../ranking/answers.ts";
import { evaluateMethod } from "../ranking/evaluate.ts";
import { diseaseFacts, type Explanation, explainDisease } from "../ranking/explain.ts";
import type { DiseaseKnowledge } from "../ranking/knowledge.ts";
import { listBest, probabilities } from "../ranking/listing.ts";
import type { Ranker } from "../ranking/method.ts";
import { loadMethod } from "../ranking/methods.ts";
import type { RankingQuality } from "../ranking/quality.ts";
import { resolveCase, type SolvedCase, solvedCases } from "../ranking/query.ts";
import { readModel } from "./cases/model.ts";
import { type Project, programRoot } from "./project.ts";
import { withSmallHeap } from "./small-heap.ts";

type Notify = (notice: { readonly message: string }) => void;

export interface RankingSettings extends AnswerSettings {
  readonly method: string;
  /** Folder of the knowledge base; the project's data/knowledge, else the excerpt that ships, when absent. */
  readonly knowledge?: string;
  readonly leavePublicationOut: boolean;
  readonly signal: AbortSignal;
  readonly notify: Notify;
  /** Cases done, of how many. */
  onProgress(done: number, total: number): void;
}

/** Loads the knowledge base that a command is to use. */
export async function openKnowledge(
  project: Project,
  folder: string | undefined,
  notify: Notify,
): Promise<{ readonly base: KnowledgeBase /** Absolute. */; readonly folder: string }> {
  const chosen = knowledgeFolder(project, folder);
  return { base: await loadKnowledge(chosen, { cache: cacheHome(), notify }), folder: chosen };
}

/** The folder that is named, else the project's data/knowledge where it has an ontology or annotations, else the excerpt that ships; absolute. */
export function knowledgeFolder(project: Pick<Project, "root">, folder: string | undefined): string {
  if (folder !== undefined) return resolve(folder);
  const own = join(project.root, "data", "knowledge");
  const files = listFiles(own);
  return files.has("hpo") || files.has("hpoa") ? own : join(programRoot(), "data", "knowledge");
}

/** Most problems that are told one by one. */
const MOST_TOLD = 10;

/** @throws UserError when there is none */
export function casesOf(
  path: string,
  notify: Notify,
): { cases: readonly PatientCase[]; problems: readonly CaseProblem[] } {
  const { cases, problems } = collectCases(resolve(path));
  if (cases.length === 0) {
    throw new UserError(problems.length === 1 ? problems[0].problem : `none of ${problems.length} files holds a case`, {
      where: problems[0].source,
      fix: "A case is a GA4GH phenopacket of one person, as JSON.",
    });
  }
  for (const { source, problem } of problems.slice(0, MOST_TOLD)) notify({ message: `${source}: ${problem}` });
  if (problems.length > MOST_TOLD)
    notify({ message: `and ${problems.length - MOST_TOLD} more files that hold no case` });
  return { cases, problems };
}

export interface RankedDisease extends Explanation {
  readonly rank: number;
  readonly score: number;
  readonly probability: number;
}

export interface CaseAnswer {
  readonly case: string;
  readonly notices: readonly string[];
  readonly ranking: readonly string[];
  readonly scores: readonly number[];
  /** The best ones explained. */
  readonly best: readonly RankedDisease[];
  /** Probability that it is none of the diseases that were looked at closely; where the method learned it. */
  readonly none?: number;
}

export interface RankOptions extends RankingSettings {
  /** Solved cases to learn from. */
  readonly train?: string;
  /** A trained ranker, in place of a method: its file, the run that has it, or models:/NAME@ALIAS. */
  readonly model?: string;
  readonly top: number;
  /** How many are explained. */
  readonly explained: number;
  /** File for the rankings, one JSON a line. */
  readonly out?: string;
}

export interface RankResult {
  readonly knowledge: KnowledgeRelease;
  readonly method: string;
  readonly candidates: number;
  /** With `out` empty: they are in the file. */
  readonly answers: readonly CaseAnswer[];
  readonly cases: number;
  readonly problems: readonly CaseProblem[];
}

/** Ranks the diseases of the knowledge base for each case of a path. */
export async function rankCases(project: Project, path: string, options: RankOptions): Promise<RankResult> {
  const { base, cases, problems, opened } = await withSmallHeap(async () => {
    const { base } = await openKnowledge(project, options.knowledge, options.notify);
    const found = casesOf(path, options.notify);
    const opened =
      options.model === undefined
        ? await trainFor(base, options)
        : await openModel(project, base, options.model, options.notify);
    return { base, ...found, opened };
  });
  const { method, knowledge, ranker, leavePublicationOut } = opened;
  const { signal } = options;
  const facts = diseaseFacts(knowledge);
  const file = options.out === undefined ? undefined : createLines(resolve(options.out));
  const answers: CaseAnswer[] = [];
  try {
    for (const [i, one] of cases.entries()) {
      signal.throwIfAborted();
      const { query, notices } = resolveCase(one, knowledge.terms);
      const scores = ranker.score(query);
      const listing = query.observed.length === 0 ? listBest(new Float64Array(0), 0) : listBest(scores, options.top);
      const ranking = Array.from(listing.diseases, (disease) => knowledge.ids[disease]);
      file?.write({ case: one.name, ranking, scores: [...listing.scores], knowledge: base.release.hash.slice(0, 16) });
      for (const notice of file === undefined ? [] : notices) options.notify({ message: `${one.name}: ${notice}` });
      if (file === undefined) {
        const view = leavePublicationOut ? knowledge.without(query.publication) : knowledge.whole;
        const shares = probabilities(scores, ranker.temperature, ranker.none);
        const best = Array.from(listing.diseases.subarray(0, options.explained), (disease, at) => ({
          rank: at + 1,
          score: listing.scores[at],
          probability: shares[disease],
          ...explainDisease(knowledge, facts, view, query, disease),
        }));
        const none = ranker.none === undefined ? undefined : 1 - shares.reduce((a, b) => a + b, 0);
        answers.push({ case: one.name, notices, ranking, scores: [...listing.scores], best, none });
      }
      options.onProgress(i + 1, cases.length);
    }
  } finally {
    file?.close();
    ranker.dispose();
  }
  return {
    knowledge: base.release,
    method,
    candidates: knowledge.ids.length,
    answers,
    cases: cases.length,
    problems,
  };
}

interface Opened {
  readonly method: string;
  readonly knowledge: DiseaseKnowledge;
  readonly ranker: Ranker;
  readonly leavePublicationOut: boolean;
}

async function trainFor(base: KnowledgeBase, options: RankOptions): Promise<Opened> {
  const { leavePublicationOut, signal } = options;
  const method = await loadMethod(options.method);
  const learned = options.train === undefined ? [] : casesOf(options.train, options.notify).cases;
  if (method.learns && learned.length === 0)
    throw new UserError(`the method ${method.id} learns from solved cases`, {
      where: "--train",
      fix: ["Give solved cases with --train FILE,", "or take a method that needs none: --method orphan-lr"],
    });
  const knowledge = knowledgeFor(base, options, learned);
  const solved = solvedCases(learned, knowledge);
  const ranker = await method.train({ knowledge, solved, leavePublicationOut, seed: 1, signal });
  return { method: method.id, knowledge, ranker, leavePublicationOut };
}

async function openModel(...asked: Parameters<typeof readModel>): Promise<Opened> {
  const [, base] = asked;
  const { method, settings, open } = await readModel(...asked);
  const diagnoses = settings.others.map(({ id, name }) => ({ diagnoses: [{ id, label: name }] }));
  const knowledge = knowledgeFor(base, settings, diagnoses);
  const { leavePublicationOut } = settings;
  return { method, knowledge, ranker: await open(knowledge), leavePublicationOut };
}

/** Writes JSON, one value a line. */
function createLines(path: string): { write(value: unknown): void; close(): void } {
  const fail = (error: unknown): UserError =>
    new UserError(`the rankings cannot be written: ${messageOf(error)}`, { where: path, exitCode: ExitCode.usage });
  let file: number;
  try {
    file = openSync(path, "w");
  } catch (error) {
    throw fail(error);
  }
  return {
    write(value) {
      try {
        writeSync(file, `${JSON.stringify(value)}\n`);
      } catch (error) {
        throw fail(error);
      }
    },
    close: () => closeSync(file),
  };
}

/** Why a disease has its place for a case: by id, or by name where one disease alone has it. */
export async function explainCase(
  project: Project,
  path: string,
  disease: string,
  settings: RankingSettings,
): Promise<
  { readonly case: string; readonly notices: readonly string[]; readonly knowledge: KnowledgeRelease } & RankedDisease
> {
  const { base } = await openKnowledge(project, settings.knowledge, settings.notify);
  const { cases } = casesOf(path, settings.notify);
  if (cases.length > 1)
    throw new UserError(`there are ${cases.length} cases`, { where: path, fix: "Give the file of one case." });
  const method = await loadMethod(settings.method);
  if (method.learns)
    throw new UserError(`the method ${method.id} learns from solved cases`, { fix: "Take --method orphan-lr." });
  const knowledge = knowledgeFor(base, settings, []);
  const number = findDisease(knowledge, disease);
  const { leavePublicationOut, signal } = settings;
  const ranker = await method.train({ knowledge, solved: [], leavePublicationOut, seed: 1, signal });
  const { query, notices } = resolveCase(cases[0], knowledge.terms);
  const scores = ranker.score(query);
  const view = leavePublicationOut ? knowledge.without(query.publication) : knowledge.whole;
  const rank = scores.reduce((sum, score) => sum + (score >= scores[number] ? 1 : 0), 0);
  return {
    case: cases[0].name,
    knowledge: base.release,
    rank,
    score: scores[number],
    probability: probabilities(scores, ranker.temperature, ranker.none)[number],
    ...explainDisease(knowledge, diseaseFacts(knowledge), view, query, number),
    notices,
  };
}

function findDisease(knowledge: DiseaseKnowledge, text: string): number {
  const byId = knowledge.indexOf(text.toUpperCase());
  if (byId !== undefined) return byId;
  const wanted = text.toLowerCase();
  const exact = [...knowledge.names.keys()].filter((i) => knowledge.names[i].toLowerCase() === wanted);
  const near = [...knowledge.names.keys()].filter((i) => knowledge.names[i].toLowerCase().includes(wanted));
  const found = exact.length > 0 ? exact : near;
  if (found.length === 1) return found[0];
  const shown = found.slice(0, 5).map((i) => `${knowledge.ids[i]} ${knowledge.names[i]}`);
  throw new UserError(found.length === 0 ? `no disease is called ${text}` : `${found.length} diseases are called so`, {
    where: text,
    fix:
      found.length === 0 ? "Give an id such as OMIM:154700, or a part of the name." : ["Give the id of one:", ...shown],
  });
}

export interface EvaluateSettings extends Omit<RankingSettings, "leavePublicationOut"> {
  readonly folds: number;
  readonly seed: number;
  readonly top: number;
  /** Where the rankings of one of the settings go. */
  readonly rankings?: { readonly file: string; readonly leavePublicationOut: boolean };
}

export interface EvaluationResult {
  readonly knowledge: KnowledgeRelease;
  readonly method: string;
  readonly candidates: number;
  readonly folds: number;
  readonly seed: number;
  readonly top: number;
  /** Cases without a diagnosis among the candidates' databases; they are not judged. */
  readonly undiagnosed: number;
  readonly problems: readonly CaseProblem[];
  /** Setting (a): all annotations; (b): without what rests on the case's own publication alone. */
  readonly all: RankingQuality;
  readonly leavePublicationOut: RankingQuality;
}

/** Publication-grouped cross-validation in both settings. */
export async function evaluateCases(
  project: Project,
  path: string,
  settings: EvaluateSettings,
): Promise<EvaluationResult> {
  const { folds, seed, top, signal, rankings } = settings;
  const method = await loadMethod(settings.method);
  const { base, count, problems, knowledge, solved } = await withSmallHeap(async () => {
    const { base } = await openKnowledge(project, settings.knowledge, settings.notify);
    const { cases, problems } = casesOf(path, settings.notify);
    const knowledge = knowledgeFor(base, settings, cases);
    return { base, count: cases.length, problems, knowledge, solved: solvedCases(cases, knowledge) };
  });
  checkFolds(solved, folds, path);
  const file = rankings && createLines(resolve(rankings.file));
  let done = 0;
  const judge = (leavePublicationOut: boolean): Promise<RankingQuality> =>
    evaluateMethod(method, knowledge, solved, {
      folds,
      seed,
      top,
      signal,
      leavePublicationOut,
      onRanked(ranking) {
        if (rankings?.leavePublicationOut === leavePublicationOut) file?.write(ranking);
        settings.onProgress(++done, 2 * solved.length);
      },
    });
  try {
    const all = await judge(false);
    return {
      knowledge: base.release,
      method: method.id,
      candidates: knowledge.ids.length,
      folds,
      seed,
      top,
      undiagnosed: count - solved.length,
      problems,
      all,
      leavePublicationOut: await judge(true),
    };
  } finally {
    file?.close();
  }
}

function checkFolds(solved: readonly SolvedCase[], folds: number, path: string): void {
  const papers = new Set(solved.map(({ publication, name }) => publication ?? name)).size;
  if (papers < folds)
    throw new UserError(`${papers} publications with a diagnosis cannot make ${folds} folds`, {
      where: path,
      fix: "Give more cases, or fewer folds: --folds 2",
    });
}
