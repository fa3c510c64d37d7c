/** What the names of the HPO lack to read clinical notes, and which of them notes mean otherwise. */
import type { NoteLanguage } from "../core/formats/notes.ts";

/**
 * Names (folded, without function words) that are everyday words, parts of the body, or modifiers: alone they say nothing of a phenotype.
 * Found by reading all names of one word with at most six letters in the HPO of 2025-01-16, and false findings in the development part of the gold set.
 */
const STOP = new Set(
  (
    "all onset left right mild severe acute axial acral focal sharp dull corn boil mole pain anger sad limp tired shock piles loxia intoe manic mania absent small short large " +
    "stress tension pressure weight growth development gait speech voice vision hearing sleep feeding eating allergy allergies alergia alergias behavior behaviour mood memory attention balance " +
    "fits ausencia ausencias spots lump mass swelling sores bumps bruise cut break cold hot thin fat weak slow fast abnormality disease disorder lesion lesions"
  ).split(" "),
);

/** Abbreviations of the HPO that notes use for something else: liver function tests, bronchopulmonary dysplasia, cerebrospinal puncture, … */
const UNSAFE = new Set("LFT LFTs RAD UPD BPD VMA CSU ODD CIU TMD AOP AOB LDD DNT VMT NDD RBD CTRD".split(" "));

/** @param name its content words, folded, with one space between */
export const isStopName = (name: string): boolean =>
  STOP.has(name) || UNSAFE.has(name) || name.length < 3 || /^[\d ]+$/.test(name);

/** Names that clinicians use and neither the HPO nor the Spanish names that ship have; from the development part of the gold set, with their likes. */
export const MORE_NAMES: readonly {
  readonly id: string;
  readonly lang: NoteLanguage;
  readonly texts: readonly string[];
}[] = `
HP:0030148|en|murmur|cardiac murmur
HP:0030148|es|soplo|soplo cardiaco
HP:0031664|en|systolic murmur
HP:0031664|es|soplo sistolico
HP:0009800|en|gestational diabetes
HP:0009800|es|diabetes gestacional
HP:0002573|en|blood in stool|blood in stools|blood per rectum
HP:0010729|en|cherry red spot
HP:0010729|es|mancha rojo cereza
HP:0010677|en|bedwetting
HP:0001824|en|losing weight|lost weight
HP:0001328|en|learning difficulties
HP:0000510|es|retinosis pigmentaria|retinosis
HP:0000098|es|talla alta
HP:0005978|es|diabetes mellitus tipo 2|diabetes tipo 2
HP:0100651|es|diabetes mellitus tipo 1|diabetes tipo 1
HP:0002875|es|disnea de esfuerzo|disnea a esfuerzos
HP:0012539|es|linfoma no Hodgkin
HP:0030166|es|sudoracion nocturna|sudores nocturnos
HP:0002716|es|adenopatia|linfadenopatia|adenomegalia
HP:0032271|es|tuberculosis ganglionar|tuberculosis extrapulmonar
HP:0032262|es|tuberculosis pulmonar
HP:0000992|es|fotosensibilidad|fotosensibilidad cutanea
HP:0003193|es|rinitis alergica
HP:0000113|es|poliquistosis renal|poliquistosis
HP:0005562|es|quistes renales multiples
HP:0004944|es|aneurisma cerebral|aneurisma intracraneal
HP:0031417|es|mocos|rinorrea
HP:0031179|es|rigidez de nuca|rigidez nucal
HP:0000954|es|pliegue palmar unico|pliegue simiesco
HP:0005197|es|rigidez matutina
HP:0025300|es|exantema malar|eritema malar
HP:0002725|es|lupus|lupus eritematoso sistemico
HP:0000978|es|hematomas faciles|facilidad para hematomas
HP:0000225|es|sangrado gingival|gingivorragia
HP:0031364|es|equimosis
HP:0005261|es|hemartros|hemartrosis
HP:0001873|es|plaquetopenia|trombopenia
HP:0040319|es|coluria|orina oscura
HP:0100280|es|enfermedad de Crohn|Crohn
HP:0001634|es|prolapso mitral|prolapso de valvula mitral
HP:0030955|es|alcoholismo|enolismo
HP:0008765|es|alucinaciones auditivas
HP:0000162|es|glosoptosis
HP:0004691|es|sindactilia 2-3|sindactilia 2-3 de pies|sindactilia 2-3 de ambos pies
HP:0034315|es|tos cronica
HP:0012764|es|ortopnea
HP:0002069|es|crisis tonico-clonica|crisis tonico-clonica generalizada|convulsion tonico-clonica generalizada
HP:0002514|es|calcificaciones cerebrales|calcificaciones intracraneales
HP:0002451|es|distonia de miembros|distonia de extremidades
HP:0002659|es|fracturas por fragilidad
HP:0002757|es|fracturas multiples
HP:0002748|es|raquitismo
HP:0002480|es|encefalopatia hepatica
HP:0200032|es|anillo de Kayser-Fleischer
HP:0001082|es|colecistitis
HP:0001824|es|perdida de peso|perdida de kg|adelgazamiento
HP:0002919|es|cetonuria
HP:0002608|es|celiaca|celiaco|celiaquia|enfermedad celiaca
HP:0001596|es|caida de cabello|caida de pelo
HP:6000855|es|intolerancia al frio
HP:0004324|es|aumento de peso|ganancia de peso
HP:0031589|es|ideas autoliticas|ideacion autolitica|ideacion suicida|ideas suicidas
HP:0001741|es|fimosis
HP:0000787|es|urolitiasis|nefrolitiasis|litiasis renal|calculos renales
HP:0001289|es|desorientacion|confusion
HP:0002120|es|atrofia cortical|atrofia cortical cerebral
HP:0033741|es|reflujo vesicoureteral grado IV
HP:0002343|es|hidrocefalia a presion normal
HP:0000010|es|infeccion urinaria|infeccion de orina
HP:0000083|es|fracaso renal
`
  .trim()
  .split("\n")
  .map((line) => line.split("|"))
  .map(([id, lang, ...texts]) => ({ id, lang: lang === "es" ? "es" : "en", texts }));

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
  { text: "CTCG", id: "HP:0002069" },
  { text: "LES", id: "HP:0002725" },
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
  { text: "ITU", id: "HP:0000010" },
  { text: "UTI", id: "HP:0000010" },
  { text: "RP", id: "HP:0000510", near: ["retinitis", "retinosis", "fundus", "fondo", "ojo"] },
  { text: "RVU", id: "HP:0000076" },
  { text: "SOB", id: "HP:0002094" },
  { text: "DOE", id: "HP:0002875" },
];
