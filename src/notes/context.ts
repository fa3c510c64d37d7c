/** Whether a finding is present, excluded, uncertain or another person's, by the words around it in its sentence. */
import type { Cue, CueType, MentionStatus, NoteLanguage } from "../core/formats/notes.ts";
import { type CueKind, PHRASES, RELATIVES, TELLS, THERE } from "./cues.ts";
import type { Token } from "./tokens.ts";

export interface Judged {
  readonly status: MentionStatus;
  readonly cue?: { readonly type: CueType; readonly first: number; readonly last: number };
}

interface Found {
  readonly kinds: readonly CueKind[];
  readonly first: number;
  readonly last: number;
}

/** A finding in a sentence: its first and last token. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** Words between a finding and a cue behind it, at most. */
const REACH_BACK = 6;

/** @returns one judgement a span. @param asked whether the sentence is a question */
export function judge(tokens: readonly Token[], spans: readonly Span[], lang: NoteLanguage, asked: boolean): Judged[] {
  const inside = new Set(spans.flatMap(({ first, last }) => range(first, last)));
  const cues = cuesIn(tokens, lang, inside);
  const relatives = relativesIn(tokens, lang, inside);
  return spans.map((span) => {
    const family = familyOf(tokens, span, [...relatives, ...cues]);
    if (family) return { status: "family", cue: { type: "family", first: family.first, last: family.last } };
    const after = behind(tokens, span, cues, spans);
    if (after) return after;
    const before = ahead(tokens, span, cues);
    if (before && before.status !== "present") return before;
    if (asked && tokens.length - 1 - span.last <= 3)
      return { status: "uncertain", cue: { type: "uncertainty", first: tokens.length - 1, last: tokens.length - 1 } };
    return before ?? { status: "present" };
  });
}

/** The text of a cue in the note. */
export const cueText = (text: string, tokens: readonly Token[], cue: NonNullable<Judged["cue"]>): Cue => ({
  type: cue.type,
  text: text.slice(tokens[cue.first].start, tokens[cue.last].end),
});

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Longest phrases first, none within a finding. "Sí" is no "si". */
function cuesIn(tokens: readonly Token[], lang: NoteLanguage, inside: ReadonlySet<number>): Found[] {
  const words = tokens.map(({ text, raw }) => (raw.toLowerCase() === "sí" ? "si_yes" : text));
  const found: Found[] = [];
  for (let at = 0; at < words.length; at++) {
    const phrase = PHRASES[lang]
      .get(words[at])
      ?.find((one) => one.words.every((word, i) => words[at + i] === word && !inside.has(at + i)));
    if (phrase === undefined) continue;
    const last = at + phrase.words.length - 1;
    found.push({ kinds: phrase.kinds, first: at, last });
    at = last;
  }
  return found;
}

/** Relatives who are spoken of, not those who speak of the patient or are only there. */
function relativesIn(tokens: readonly Token[], lang: NoteLanguage, inside: ReadonlySet<number>): Found[] {
  return tokens.flatMap(({ text }, at) => {
    if (!RELATIVES[lang].has(text) || inside.has(at)) return [];
    const next = tokens.slice(at + 1, at + 4).map((token) => token.text);
    const stop = next.findIndex((word) => word === "," || word === ":");
    if (next.slice(0, stop < 0 ? 3 : stop).some((word) => TELLS[lang].has(word))) return [];
    const before = tokens.slice(Math.max(0, at - 2), at).map((token) => token.text);
    if (before.some((word) => THERE[lang].has(word))) return [];
    const within = before.includes(lang === "es" ? "en" : "in");
    return [{ kinds: within ? (["family", "familyAfter"] as const) : (["family"] as const), first: at, last: at }];
  });
}

function familyOf(tokens: readonly Token[], span: Span, cues: readonly Found[]): Found | undefined {
  const patient = cues.filter(({ kinds }) => kinds.includes("patient"));
  const clear = (from: number, to: number): boolean => !patient.some(({ first }) => first > from && first < to);
  const before = cues.filter(({ kinds, last }) => kinds.includes("family") && last < span.first).at(-1);
  if (before && clear(before.last, span.first)) return before;
  return cues.find(
    ({ kinds, first }) =>
      kinds.includes("familyAfter") && first > span.last && clear(span.last, first) && !stops(tokens, span.last, first),
  );
}

/** Whether a comma or a conjunction of clauses stands between. */
const stops = (tokens: readonly Token[], from: number, to: number): boolean =>
  tokens.slice(from + 1, to).some(({ text }) => text === "," || text === "but" || text === "pero");

/** The judgement of cues behind the finding: "was ruled out". */
function behind(
  tokens: readonly Token[],
  span: Span,
  cues: readonly Found[],
  spans: readonly Span[],
): Judged | undefined {
  for (const { kinds, first, last } of cues) {
    if (first <= span.last || first - span.last > REACH_BACK) continue;
    if (kinds.includes("end") || kinds.includes("endNegation")) return undefined;
    // Over a comma only cues in the plural reach, and over nothing but a list: "fever, cough and chills were denied".
    const bare = tokens.slice(span.last + 1, first).filter((_, i) => !covered(spans, span.last + 1 + i));
    const comma = bare.some(({ text }) => text === ",");
    const plural = tokens.slice(first, last + 1).some(({ text }) => PLURAL.test(text));
    if (comma && !(plural && bare.every(({ text }) => LISTING.has(text)))) continue;
    const ends = endsThere(tokens, last, spans);
    if (kinds.includes("uncertaintyAfter") && (!kinds.includes("uncertainty") || ends))
      return { status: "uncertain", cue: { type: "uncertainty", first, last } };
    const negates =
      (kinds.includes("negationAfter") && (!kinds.includes("negation") || ends)) ||
      ((kinds.includes("negationEither") || tokens[first].text === "no") && ends);
    if (negates) return { status: "excluded", cue: { type: "negation", first, last } };
    if (kinds.some((kind) => kind === "negation" || kind === "uncertainty" || kind === "negationEither"))
      return undefined;
  }
  return undefined;
}

const covered = (spans: readonly Span[], at: number): boolean =>
  spans.some(({ first, last }) => at >= first && at <= last);

const LISTING = new Set([",", "and", "or", "y", "o", "e", "u", "ni", "nor", "/"]);
const PLURAL = /^(?:were|are|have|fueron|[a-z]+[ao]s|ausentes)$/;

/** Whether no finding follows a cue in its clause. */
function endsThere(tokens: readonly Token[], last: number, spans: readonly Span[]): boolean {
  let clause = last + 1;
  while (clause < tokens.length && ![",", ")", ":"].includes(tokens[clause].text)) clause++;
  return !spans.some(({ first }) => first > last && first < clause);
}

/** The judgement of the nearest cue before the finding that reaches it. */
function ahead(tokens: readonly Token[], span: Span, cues: readonly Found[]): Judged | undefined {
  let past: Found | undefined;
  let listOnly = true;
  for (const cue of [...cues].reverse()) {
    const { kinds, first, last } = cue;
    if (first >= span.first) continue;
    if (kinds.includes("end") || kinds.includes("pseudo")) break;
    if (kinds.includes("endNegation")) {
      listOnly = false;
      continue;
    }
    const comma = tokens.slice(last + 1, span.first).some(({ text }) => text === ",");
    if (kinds.includes("uncertainty") || kinds.includes("hypothetical")) {
      if (comma) continue;
      const type = kinds.includes("hypothetical") ? "hypothetical" : "uncertainty";
      return { status: "uncertain", cue: { type, first, last } };
    }
    if (kinds.includes("negation") || kinds.includes("negationEither")) {
      // "HTA no, diabetes": a "no" that ends its clause is about what stands before it.
      if (!listOnly || [",", ")"].includes(tokens[last + 1]?.text)) continue;
      return { status: "excluded", cue: { type: "negation", first, last } };
    }
    if (kinds.includes("history") && !comma) past ??= cue;
  }
  return past && { status: "present", cue: { type: "history", first: past.first, last: past.last } };
}
