/** Finds names of terms in a sentence: inflected, in another order, with harmless words between. */
import type { NoteLanguage } from "../core/formats/notes.ts";
import type { Lexicon, Name } from "./lexicon.ts";
import type { Token } from "./tokens.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { CONJUNCTIONS, FUNCTION_WORDS, isHarmless } from "./words.ts";

export interface Match {
  readonly term: number;
  readonly lang: NoteLanguage;
  /** Tokens that the name was read from: first and last. */
  readonly first: number;
  readonly last: number;
}

interface Candidate extends Match {
  readonly used: readonly number[];
  /** Words that are as the name has them, without inflection. */
  readonly exact: number;
  /** Shares a word with another: "small hands and feet". */
  readonly shared: boolean;
}

/** Tokens within which the words of a name stand, beyond their number. */
const SLACK = 4;

/** Longest first; matches do not overlap but for words that two names share in a list. */
export function matchesIn(
  tokens: readonly Token[],
  lang: NoteLanguage,
  lexicon: Lexicon,
  vocabulary: Vocabulary,
  nearby: (word: string) => boolean,
): Match[] {
  const candidates = [
    ...abbreviationsIn(tokens, lang, lexicon, nearby),
    ...namesIn(
      tokens,
      lang,
      lexicon,
      tokens.map((token) => (token.word ? vocabulary.numberOf(token.text, lang) : -1)),
    ),
  ];
  if (lang === "es")
    // Notes in Spanish borrow English words; those that are written alike count, in the order of the name alone.
    candidates.push(
      ...namesIn(
        tokens,
        "en",
        lexicon,
        tokens.map((token) => (token.word ? vocabulary.exactly(token.text, "en") : -1)),
        true,
      ),
    );
  const whole = candidates.filter(({ first, last }) => !isHyphenated(tokens, first, last));
  whole.sort(
    (a, b) =>
      b.used.length - a.used.length ||
      Number(a.shared) - Number(b.shared) ||
      b.exact - a.exact ||
      a.last - a.first - (b.last - b.first) ||
      Number(b.lang === lang) - Number(a.lang === lang) ||
      a.first - b.first ||
      a.term - b.term,
  );
  const owner = new Map<number, number>();
  const chosen = whole.filter((candidate, i) => {
    const free = candidate.used.filter((at) => !owner.has(at)).length;
    const enough = candidate.shared ? free >= 1 && candidate.used.length - free <= 1 : free === candidate.used.length;
    if (enough) for (const at of candidate.used) owner.set(at, i);
    return enough;
  });
  return chosen.sort((a, b) => a.first - b.first || a.last - b.last);
}

/** Part of a longer word: "seizure-free", "tónico-clónica". */
function isHyphenated(tokens: readonly Token[], first: number, last: number): boolean {
  const joined = (sign: Token | undefined, other: Token | undefined, before: boolean): boolean =>
    sign?.text === "-" &&
    other?.word === true &&
    (before
      ? other.end === sign.start && sign.end === tokens[first].start
      : sign.start === tokens[last].end && other.start === sign.end);
  return joined(tokens[first - 1], tokens[first - 2], true) || joined(tokens[last + 1], tokens[last + 2], false);
}

function abbreviationsIn(
  tokens: readonly Token[],
  lang: NoteLanguage,
  { abbreviations }: Lexicon,
  nearby: (word: string) => boolean,
): Candidate[] {
  // A line in capitals says nothing of which words are abbreviations.
  const words = tokens.filter(({ raw, word }) => word && raw.length > 3);
  const shouted = words.length > 2 && words.every(({ raw }) => raw === raw.toUpperCase());
  return tokens.flatMap(({ raw, word }, at) => {
    if (!word || raw.length < 2 || shouted) return [];
    const meanings = abbreviations.get(raw) ?? (/[A-Z]s$/.test(raw) ? abbreviations.get(raw.slice(0, -1)) : undefined);
    const meant = meanings?.filter(({ near }) => near.length === 0 || near.some(nearby)) ?? [];
    if (meant.length !== 1) return [];
    return [{ term: meant[0].term, lang, first: at, last: at, used: [at], exact: 1, shared: false }];
  });
}

function namesIn(
  tokens: readonly Token[],
  lang: NoteLanguage,
  { anchored }: Lexicon,
  stems: readonly number[],
  strict = false,
): Candidate[] {
  const found: Candidate[] = [];
  for (const [at, stem] of stems.entries()) {
    const names = stem < 0 ? undefined : anchored.get(stem);
    if (names === undefined) continue;
    for (const name of names) {
      if (name.lang !== lang) continue;
      if (name.stems.length === 1) {
        const exact = Number(name.words[0] === tokens[at].text);
        // "GOT" is no "gota".
        if (exact === 0 && isShort(tokens[at].raw)) continue;
        found.push({ term: name.term, lang, first: at, last: at, used: [at], exact, shared: false });
      } else {
        const candidate = around(tokens, stems, at, name, strict);
        if (candidate) found.push(candidate);
      }
    }
  }
  return found;
}

/** The words of a name about its rarest one, where what stands between them leaves it what it is. */
function around(
  tokens: readonly Token[],
  stems: readonly number[],
  at: number,
  name: Name,
  strict: boolean,
): Candidate | undefined {
  const anchor = name.stems.indexOf(stems[at]);
  const used = [at];
  const places = new Array<number>(name.stems.length);
  places[anchor] = at;
  const reach = name.stems.length + SLACK;
  for (const [i, stem] of name.stems.entries()) {
    if (i === anchor) continue;
    const place = nearest(stems, stem, at, i < anchor, reach, used);
    if (place < 0) return undefined;
    used.push(place);
    places[i] = place;
  }
  used.sort((a, b) => a - b);
  const ordered = places.every((place, i) => i === 0 || place > places[i - 1]);
  if (strict && !ordered) return undefined;
  const [first, last] = [used[0], used[used.length - 1]];
  const gaps: number[] = [];
  for (let i = first + 1; i < last; i++) if (!used.includes(i)) gaps.push(i);
  const kind = gapKind(tokens, gaps, name, ordered, used);
  if (kind === "barred" || (strict && kind === "list")) return undefined;
  const exact = places.filter((place, i) => tokens[place].text === name.words[i]).length;
  return { term: name.term, lang: name.lang, first, last, used, exact, shared: kind === "list" };
}

/** Written like an abbreviation. */
const isShort = (raw: string): boolean => raw.length < 5 && raw === raw.toUpperCase();

/** Nearest place of a stem to the anchor that is not used yet; on the side where the name has it where both are as near. */
function nearest(
  stems: readonly number[],
  stem: number,
  at: number,
  before: boolean,
  reach: number,
  used: readonly number[],
): number {
  for (let distance = 1; distance <= reach; distance++)
    for (const place of before ? [at - distance, at + distance] : [at + distance, at - distance])
      if (stems[place] === stem && !used.includes(place)) return place;
  return -1;
}

function gapKind(
  tokens: readonly Token[],
  gaps: readonly number[],
  name: Name,
  ordered: boolean,
  used: readonly number[],
): "free" | "list" | "barred" {
  let conjunctions = 0;
  const others: number[] = [];
  for (const at of gaps) {
    const { text, word } = tokens[at];
    if (!word) {
      if (text === "-" && tokens[at].end === tokens[at + 1]?.start) continue;
      if (text === "'" || text === '"') continue;
      // "Hearing loss, bilateral": what follows must be a word that only describes.
      if (text === "," && isHarmless(tokens[at + 1]?.text ?? "", name.lang)) continue;
      return "barred";
    }
    if (FUNCTION_WORDS[name.lang].has(text)) continue;
    if (CONJUNCTIONS.has(text)) {
      if (!(name.joined && ordered)) conjunctions++;
      if (text === "con" || text === "with") if (!name.joined) return "barred";
    } else if (!isHarmless(text, name.lang)) others.push(at);
  }
  if (others.length === 0) return conjunctions === 0 ? "free" : "barred";
  // "Small hands and feet", "dolor torácico y abdominal": one word more, and it stands beside the conjunction.
  const beside = [tokens[others[0] - 1], tokens[others[0] + 1]].some((token) => CONJUNCTIONS.has(token?.text ?? ""));
  return used.length === 2 && others.length === 1 && conjunctions === 1 && beside ? "list" : "barred";
}
