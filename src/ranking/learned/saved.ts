/** A learned ranker as bytes: boosters, calibration, and the solved cases that are part of its evidence. */
import { UserError } from "../../core/errors.ts";
import { pack } from "../../core/formats/container.ts";
import type { DiseaseKnowledge } from "../knowledge.ts";
import type { Ranker, RankerSettings } from "../method.ts";
import type { SolvedCase } from "../query.ts";
import { createRanker, type LearnedRanker } from "./ranker.ts";
import { createShortlister } from "./shortlist.ts";

const KIND = "orphan ranker 2";

/** A ranker that was read and awaits its knowledge. */
export interface SavedRanker {
  readonly settings: RankerSettings;
  /** @throws UserError when another version made it, which saw other features */
  open(knowledge: DiseaseKnowledge): Promise<Ranker>;
}

interface Saved {
  readonly kind: string;
  readonly settings: RankerSettings;
  readonly columns: readonly string[];
  readonly temperature: number;
  /** null: it was not learned */
  readonly none: number | null;
  readonly boosters: readonly Uint8Array[];
  /** `age` NaN and `onset` null where they are unknown. */
  readonly solved: readonly (Omit<SolvedCase, "age" | "onset" | "publication"> & {
    readonly age: number | null;
    readonly onset: SolvedCase["onset"] | null;
    readonly publication: string | null;
  })[];
}

export function saveRanker(
  settings: RankerSettings,
  { columns, boosters, temperature, none, solved }: LearnedRanker,
): Uint8Array {
  const saved: Saved = {
    kind: KIND,
    settings,
    columns,
    temperature,
    none: Number.isFinite(none) ? none : null,
    boosters,
    solved: solved.map(({ age = null, onset = null, publication = null, ...rest }) => ({
      ...rest,
      age,
      onset,
      publication,
    })),
  };
  return pack(saved);
}

const isSaved = (value: unknown): value is Saved => (value as Saved | undefined)?.kind === KIND;

/**
 * @param saved unpacked bytes of a ranker
 * @throws UserError when it is no ranker of this version
 */
export function readRanker(saved: unknown, where: string): SavedRanker {
  if (!isSaved(saved))
    throw new UserError("the file is no ranker that this version made", {
      where,
      fix: "Make one with: disease cases train SOLVED --out FILE",
    });
  const { settings, columns, temperature, none, boosters } = saved;
  const solved = saved.solved.map(
    ({ age, onset, publication, ...rest }): SolvedCase => ({
      ...rest,
      age: age ?? undefined,
      onset: onset ?? undefined,
      publication: publication ?? undefined,
    }),
  );
  return {
    settings,
    async open(knowledge) {
      const shortlister = createShortlister(knowledge, solved, settings.leavePublicationOut);
      if (columns.join() !== shortlister.names.join())
        throw new UserError("the ranker was made by another version, which saw other features", {
          where,
          fix: "Make it anew with: disease cases train SOLVED --out FILE",
        });
      const parts = { boosters, temperature, none: none ?? Number.NEGATIVE_INFINITY };
      return createRanker(knowledge, solved, settings.leavePublicationOut, parts, shortlister);
    },
  };
}
