/** Notes that people annotated, and how near the findings come to theirs. */
import { UserError } from "../core/errors.ts";
import { MENTION_STATUSES, type Mention, type MentionStatus, type NoteLanguage } from "../core/formats/notes.ts";

export interface GoldMention {
  readonly term: string;
  readonly status: MentionStatus;
  readonly start: number;
  readonly end: number;
}

/**
 * Annotations of a note: one a line, with tabs between HPO id, status, the words, and which occurrence of them in the note is meant (1 where it is absent).
 * @param path for messages
 * @throws UserError naming the line that is no annotation or whose words the note lacks
 */
export function parseGold(annotations: string, note: string, path: string): GoldMention[] {
  return annotations.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [term = "", status = "", words = "", occurrence = "1"] = line.split("\t");
    const where = `${path}:${i + 1}`;
    const fix =
      "A line is: HP:0001250, present|excluded|uncertain|family, the words as the note has them, and which occurrence; with tabs between.";
    const isStatus = (word: string): word is MentionStatus => (MENTION_STATUSES as readonly string[]).includes(word);
    if (!/^HP:\d{7}$/.test(term) || !isStatus(status) || words === "" || !/^[1-9]\d*$/.test(occurrence))
      throw new UserError("this is no annotation", { where, fix });
    let start = -1;
    for (let n = 0; n < Number(occurrence); n++) {
      start = note.indexOf(words, start + 1);
      if (start < 0)
        throw new UserError("the note does not have the words of this annotation so often", { where, fix });
    }
    return [{ term, status, start, end: start + words.length }];
  });
}

export interface Counts {
  /** Annotated and found; found alone; annotated alone. */
  readonly hits: number;
  readonly false: number;
  readonly missed: number;
}

export interface Scored extends Counts {
  /** In 0–1; NaN where nothing was found or annotated. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface GoldNote {
  readonly name: string;
  readonly lang: NoteLanguage;
  readonly gold: readonly GoldMention[];
  readonly found: readonly Mention[];
}

/** A difference from what people annotated. */
export interface Miss {
  readonly note: string;
  readonly kind: "missed" | "false" | "status";
  readonly term: string;
  readonly start: number;
  readonly end: number;
  readonly status: MentionStatus;
  /** What was found instead, of kind "status". */
  readonly instead?: MentionStatus;
}

export interface GoldReport {
  readonly notes: number;
  /** Term and status right, stretches overlapping. */
  readonly all: Scored;
  /** Whatever the status. */
  readonly concepts: Scored;
  readonly groups: readonly (Scored & { readonly lang: NoteLanguage; readonly status: MentionStatus | "all" })[];
  readonly misses: readonly Miss[];
}

/** Precision, recall and F1 over mentions: one is right when term and status are those annotated and the stretches overlap. */
export function scoreNotes(notes: readonly GoldNote[]): GoldReport {
  const pairs = notes.map((note) => ({ note, ...compare(note) }));
  const misses = pairs.flatMap(({ note, missed, extra, changed }): Miss[] => [
    ...changed.map(([gold, instead]) => ({ note: note.name, kind: "status" as const, ...gold, instead })),
    ...missed.map((gold) => ({ note: note.name, kind: "missed" as const, ...gold })),
    ...extra.map(({ term, start, end, status }) => ({
      note: note.name,
      kind: "false" as const,
      term,
      start,
      end,
      status,
    })),
  ]);
  const count = (lang: NoteLanguage | undefined, status: MentionStatus | undefined): Scored => {
    const own = pairs.filter(({ note }) => lang === undefined || note.lang === lang);
    const is = (one: { readonly status: MentionStatus }): boolean => status === undefined || one.status === status;
    const sum = (of: (pair: (typeof own)[number]) => number): number =>
      own.reduce((total, pair) => total + of(pair), 0);
    return scored({
      hits: sum((pair) => pair.right.filter(is).length),
      false: sum(
        (pair) => pair.extra.filter(is).length + pair.changed.filter(([, found]) => is({ status: found })).length,
      ),
      missed: sum((pair) => pair.missed.filter(is).length + pair.changed.filter(([gold]) => is(gold)).length),
    });
  };
  const all = count(undefined, undefined);
  const changed = pairs.reduce((total, pair) => total + pair.changed.length, 0);
  const langs = [...new Set(notes.map(({ lang }) => lang))].sort();
  return {
    notes: notes.length,
    all,
    concepts: scored({ hits: all.hits + changed, false: all.false - changed, missed: all.missed - changed }),
    groups: langs.flatMap((lang) =>
      ([...MENTION_STATUSES, "all"] as const).map((status) => ({
        lang,
        status,
        ...count(lang, status === "all" ? undefined : status),
      })),
    ),
    misses,
  };
}

function compare({ gold, found }: GoldNote) {
  const free = new Set(found);
  const right: GoldMention[] = [];
  const missed: GoldMention[] = [];
  const changed: [GoldMention, MentionStatus][] = [];
  for (const one of gold) {
    const same = [...free].filter(({ term, start, end }) => term === one.term && start < one.end && end > one.start);
    const best = same.find(({ status }) => status === one.status) ?? same[0];
    if (best === undefined) missed.push(one);
    else if (best.status === one.status) right.push(one);
    else changed.push([one, best.status]);
    if (best) free.delete(best);
  }
  return { right, missed, changed, extra: [...free] };
}

function scored(counts: Counts): Scored {
  const precision = counts.hits / (counts.hits + counts.false);
  const recall = counts.hits / (counts.hits + counts.missed);
  return { ...counts, precision, recall, f1: (2 * counts.hits) / (2 * counts.hits + counts.false + counts.missed) };
}
