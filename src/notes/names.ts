/** What the names of the HPO lack to read clinical notes, and which of them notes mean otherwise. */
import type { NoteLanguage } from "../core/notes.ts";

/**
 * Names (folded, without function words) that are everyday words, parts of the body, or modifiers: alone they say nothing of a phenotype.
 * Found by reading all names of one word with at most six letters in the HPO of 2025-01-16, and false findings in the development part of the gold set.
 */
const STOP = new Set(
  (
    "all onset left right mild severe acute axial acral focal sharp dull corn boil mole pain anger sad limp tired shock piles loxia intoe manic mania absent small short large " +
    "stress tension pressure weight growth development gait speech voice vision hearing sleep feeding eating behavior behaviour mood memory attention balance " +
    "fits spots lump mass swelling sores bumps bruise cut break cold hot thin fat weak slow fast abnormality disease disorder lesion lesions"
  ).split(" "),
);

/** @param name its content words, folded, with one space between */
export const isStopName = (name: string): boolean => STOP.has(name) || name.length < 3 || /^[\d ]+$/.test(name);

const more = (lang: NoteLanguage, id: string, names: string) => ({ id, lang, texts: names.split("|") });

/** Names that clinicians use and neither the HPO nor the Spanish names that ship have. */
export const MORE_NAMES: readonly {
  readonly id: string;
  readonly lang: NoteLanguage;
  readonly texts: readonly string[];
}[] = [];

/** Abbreviations, as they are written, that are read even where the HPO has none or more than one; `near`: one of these must stand in the note as well. */
export const ABBREVIATIONS: readonly {
  readonly text: string;
  readonly id: string;
  readonly near?: readonly string[];
}[] = [
  {
    text: "ASD",
    id: "HP:0001631",
    near: [
      "echo",
      "septal",
      "cardiac",
      "murmur",
      "echocardiogram",
      "vsd",
      "pda",
      "secundum",
      "ecocardio",
      "ecocardiograma",
      "heart",
    ],
  },
  { text: "VSD", id: "HP:0001629" },
  { text: "PDA", id: "HP:0001643" },
  { text: "CIA", id: "HP:0001631" },
  { text: "CIV", id: "HP:0001629" },
  { text: "HTA", id: "HP:0000822" },
  { text: "HTN", id: "HP:0000822" },
  { text: "DM1", id: "HP:0100651" },
  { text: "DM2", id: "HP:0005978" },
  { text: "T1DM", id: "HP:0100651" },
  { text: "T2DM", id: "HP:0005978" },
  { text: "TDAH", id: "HP:0007018" },
  {
    text: "TEA",
    id: "HP:0000717",
    near: ["autista", "autismo", "desarrollo", "lenguaje", "conducta", "neuropediatria", "psiquiatria"],
  },
  { text: "CIR", id: "HP:0001511" },
  { text: "RCIU", id: "HP:0001511" },
  { text: "ERC", id: "HP:0012622" },
  { text: "RGE", id: "HP:0002020" },
  { text: "EPOC", id: "HP:0006510" },
  { text: "RVU", id: "HP:0000076" },
  { text: "SOB", id: "HP:0002094" },
  { text: "DOE", id: "HP:0002875" },
];
