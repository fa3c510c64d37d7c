/** A trained method as bytes: what it learned, or what it learned from where that takes no time. */
import { pack, unpack } from "../core/formats/container.ts";
import type { DiseaseKnowledge } from "./knowledge.ts";
import { readRanker } from "./learned/saved.ts";
import type { Ranker, RankerSettings, RankingMethod } from "./method.ts";
import { loadMethod } from "./methods.ts";
import type { SolvedCase } from "./query.ts";

const KIND = "ranking model 1";

export interface SavedModel {
  readonly method: string;
  readonly settings: RankerSettings;
  /** @throws UserError when an engine is not there */
  open(knowledge: DiseaseKnowledge): Promise<Ranker>;
}

interface Saved {
  readonly kind: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly settings: RankerSettings;
  readonly solved: readonly SolvedCase[];
}

const isSaved = (value: unknown): value is Saved => (value as Saved | undefined)?.kind === KIND;

/** @param solved what the ranker was trained on */
export function saveModel(
  { id, learns, save }: RankingMethod,
  settings: RankerSettings,
  params: Readonly<Record<string, unknown>>,
  ranker: Ranker,
  solved: readonly SolvedCase[],
): Uint8Array {
  if (save) return save(settings, ranker);
  const saved: Saved = { kind: KIND, method: id, params, settings, solved: learns ? solved : [] };
  return pack(saved);
}

/** @throws UserError when the bytes are no model of this version */
export function readModel(bytes: Uint8Array, where: string): SavedModel {
  const saved = parse(bytes);
  if (!isSaved(saved)) return { method: "orphan", ...readRanker(saved, where) };
  const { method: id, params, settings, solved } = saved;
  return {
    method: id,
    settings,
    async open(knowledge) {
      const method = await loadMethod(id);
      const { leavePublicationOut } = settings;
      const { signal } = new AbortController();
      return method.train({ knowledge, solved, leavePublicationOut, params, seed: 1, signal });
    },
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return unpack(bytes);
  } catch {
    return undefined;
  }
}
