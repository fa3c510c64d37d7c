/**
 * Words around a finding that decide what is said of it. After NegEx (Chapman et al. 2001, J Biomed Inform 34:301) and ConText (Harkema et al. 2009, J Biomed
 * Inform 42:839), the Spanish ones after NegEx-MES (Santamaría 2019) and Costumero et al. 2014, with what clinicians here write. All folded.
 */
import type { NoteLanguage } from "../core/formats/notes.ts";

/**
 * `negation`, `uncertainty`, `hypothetical`, `family`: before what they are about. `…After`: behind it. `negationEither`: behind what it is about where that ends or goes on
 * with what is no finding, else before. `pseudo`: looks like one and is none. `end`: ends the reach of those before it. `endNegation`: only of negations.
 */
export type CueKind =
  | "negation"
  | "negationAfter"
  | "negationEither"
  | "uncertainty"
  | "uncertaintyAfter"
  | "hypothetical"
  | "family"
  | "familyAfter"
  | "history"
  | "pseudo"
  | "end"
  | "endNegation"
  | "patient";

const ENGLISH: Readonly<Partial<Record<CueKind, string>>> = {
  negation:
    "no|not|without|w / o|never|never had|neither|nor|denying|no evidence of|no sign of|no signs of|no history of|no features of|no symptoms of|no complaints of|negative for|free of|absence of|lack of|" +
    "rules out|fails to reveal|did not have|does not have|do not have|did not show|does not show|no longer has|no known|no new|is not|was not|are not|were not|has not had|had no|has no|have no|with no|no suggestion of|not complain of|not complaining of",
  negationEither: "denies|denied|deny|excluded|ruled out|absent|negative|dismissed",
  negationAfter:
    "was ruled out|were ruled out|is ruled out|has been ruled out|have been ruled out|was excluded|were excluded|is excluded|has been excluded|was not present|were not present|not present|not seen|was not seen|were not seen|" +
    "not found|not identified|not detected|not noted|not observed|not reported|not demonstrated|not palpable|was negative|were negative|is negative|is absent|was absent|were absent|are absent|none|was denied|were denied|was dismissed|has not been seen",
  uncertainty:
    "possible|possibly|probable|probably|likely|suspected|suspect|suspicion of|suspicious for|suspicion for|concern for|concerning for|question of|questionable|presumed|may have|might have|could be|may be|might be|" +
    "rule out|r / o|to rule out|cannot exclude|cannot rule out|can not exclude|cannot be sure of|consider|differential includes|versus|vs|?|not certain if|unclear if|unclear whether|doubt|doubtful|query|suggestive of|evaluate for|to evaluate for|to assess for|assess for|workup for|work up for|test for|tested for|screen for|screening for|to exclude",
  uncertaintyAfter:
    "unlikely|is unlikely|less likely|is possible|possible|suspected|is suspected|was suspected|cannot be excluded|cannot be ruled out|could not be excluded|not excluded|not ruled out|has not been ruled out|to be ruled out|to be excluded|is questionable|probable|likely",
  hypothetical:
    "if|return if|call if|in case of|risk of|at risk for|at risk of|risk for|watch for|monitor for|monitoring for|signs of|educated on|counseled on|counselled on|prevent|prevention of|prophylaxis for|should he develop|should she develop|precautions for",
  family:
    "family history of|familial history of|fh of|fhx of|maternal history of|paternal history of|history in family of|runs in the family|family hx of|family history is notable for|family history positive for|family history significant for|no family history of|negative family history of|family history negative for",
  history: "history of|h / o|hx of|past history of|previous|previously|past",
  pseudo:
    "no increase|no change|no significant change|no interval change|no worsening|no improvement|no decrease|not only|not just|not necessarily|gram negative|without further|without difficulty|no further|not cause|not controlled|not improving|no response to|no relief of|with no relief|no better|negative family history|no doubt|no wonder",
  end: "but|however|although|though|except|aside from|apart from|yet|nevertheless|besides",
  endNegation:
    "and has|and had|, has|, had|and with|, with|who has|which has|presents with|because of|due to|secondary to|, shows|and shows|, reports|, complains of|, positive for|, developed|reason for|etiology of",
  patient:
    "the patient|this patient|our patient|proband|the proband|index case|patient has|pt has|the boy|the girl|the infant|the child|the baby",
};

const SPANISH: Readonly<Partial<Record<CueKind, string>>> = {
  negation:
    "no|sin|ni|tampoco|nunca|nunca ha tenido|nunca ha presentado|no ha tenido|no ha presentado|no presenta|no presentaba|no presento|no tiene|no tenia|no tuvo|no refiere|no muestra|no muestran|no hay|no existe|no existen|no impresiona de|" +
    "no se observa|no se observan|no se aprecia|no se aprecian|no se objetiva|no se objetivan|no se evidencia|no se evidencian|no se palpa|no se palpan|no se detecta|no se detectan|no se identifica|no se identifican|no signos de|sin signos de|sin evidencia de|no evidencia de|sin datos de|no datos de|" +
    "ausencia de|carece de|libre de|negativo para|negativa para|no antecedentes de|sin antecedentes de|no ha vuelto a presentar|no ha vuelto a tener|no imagenes de|sin imagenes de|no historia de|nunca tuvo|no asocia|no padece|no sugestivo de|excluye|excluyen|se excluye|se excluyen|descarta|descartan|se descarta|se descartan|se descarto|se descartaron|habiendose descartado",
  negationEither:
    "niega|niegan|nego|negaba|ha negado|descartado|descartada|descartados|descartadas|excluido|excluida|ausente|ausentes|negativo|negativa|negativos|negativas",
  negationAfter:
    "fue descartado|fue descartada|fueron descartados|fueron descartadas|ha sido descartado|ha sido descartada|se ha descartado|no refiere|no presenta|no tiene|no se observa|no se observan|no se palpa|no se objetiva|no se aprecia|no presente|no constan|no consta|resulto negativo|resulto negativa|fue negativo|fue negativa",
  uncertainty:
    "posible|posibles|posiblemente|probable|probables|probablemente|sospecha|sospecha de|sospecha clinica|sospecha clinica de|sospechoso de|se sospecha|sugiere|sugieren|sugestivo de|sugerente de|impresiona de|presunto|presunta|aparente|dudoso|dudosa|duda|duda de|" +
    "poco probable|a descartar|para descartar|por descartar|pendiente de descartar|descartar|no se puede descartar|no se puede excluir|no puede descartarse|no se descarta|no se descartan|sin poder descartar|sin descartar|podria tratarse de|podria ser|puede tratarse de|se considera|considerar|versus|vs|?|¿|en estudio por|valorar|se plantea|cabe la posibilidad de|cribado de|despistaje de|diagnostico de sospecha|diagnosticos de sospecha|probabilidad de|a valorar",
  uncertaintyAfter:
    "probable|posible|poco probable|no descartado|no descartada|a descartar|por descartar|pendiente de descartar|no se puede descartar|no puede descartarse|en estudio por confirmar|dudoso|dudosa|por confirmar|a confirmar|sospechado|sospechada",
  hypothetical:
    "si|volver si|acudir si|en caso de|ante|riesgo de|riesgo de presentar|vigilar|vigilar signos de|signos de alarma|prevenir|prevencion de|profilaxis de|consultar si|avisar si|por si",
  family:
    "historia familiar de|antecedentes familiares de|antecedente familiar de|sin antecedentes familiares de|no antecedentes familiares de|no hay historia familiar de|no hay antecedentes familiares de|sin historia familiar de|niega antecedentes familiares de|af de|rama materna|rama paterna|carga familiar de",
  history: "antecedente de|antecedentes de|historia de|previo|previa|en la infancia|antecedentes personales de",
  pseudo:
    "no solo|no solamente|no unicamente|sin cambios|no cambios|no aumento|sin aumento|sin empeoramiento|no empeoramiento|sin mejoria|no mejoria|no mejora|no mejoran|no cede|no ceden|no obstante|sin embargo|no controlado|no controlada|sin control|sin tratamiento|no tratado|no tratada|no diagnosticado|no diagnosticada|sin duda|no progresa|gram negativo|sin tratar|sin relacion con|no relacionado con|no relacionada con|no debido a",
  end: "pero|aunque|excepto|salvo|sin embargo|no obstante|sino|sino tambien|a pesar de|pese a|si_yes|a excepcion de",
  endNegation:
    ", con|y con|, presenta|y presenta|, refiere|y refiere|, tiene|y tiene|que presenta|, muestra|y muestra|debido a|secundario a|secundaria a|por lo que|, destaca|destaca|persiste|, persiste|, si_yes|desde entonces",
  patient:
    "el paciente|la paciente|paciente|el nino|la nina|probando|caso indice|el lactante|la lactante|nuestro paciente",
};

const ENGLISH_RELATIVES =
  "mother mothers father fathers mom mum dad parent parents brother brothers sister sisters sibling siblings aunt aunts uncle uncles cousin cousins grandmother grandfather grandparent grandparents grandmothers niece nephew daughter son twin relative relatives grandma grandpa";
const SPANISH_RELATIVES =
  "madre padre padres hermano hermana hermanos hermanas tio tia tios tias primo prima primos primas abuelo abuela abuelos abuelas sobrino sobrina hija hijo hijos hijas familiar familiares gemelo gemela bisabuelo bisabuela progenitores";

/** Verbs by which a relative tells of the patient. */
const ENGLISH_TELLS =
  "reports reported report denies denied deny notes noted note states stated says said describes described mentions mentioned concerned worried brought gives gave feels thinks believes observed noticed endorses confirms explains recalls";
const SPANISH_TELLS =
  "refiere refieren niega niegan comenta comentan relata relatan cuenta cuentan dice dicen observa observan aporta aportan nota notan describe describen explica afirma consulta consultan trae traen acude acuden indica indican preocupada preocupados reporta";
/** Words by which a relative is only there. */
const ENGLISH_THERE = "by per with from to";
const SPANISH_THERE = "por segun a";
const SPANISH_WITH = "acompanado acompanada acompanados junto";

const list = (words: string): ReadonlySet<string> => new Set(words.split(" "));

export const RELATIVES = { en: list(ENGLISH_RELATIVES), es: list(SPANISH_RELATIVES) };
export const TELLS = { en: list(ENGLISH_TELLS), es: list(SPANISH_TELLS) };
export const THERE = { en: list(ENGLISH_THERE), es: list(`${SPANISH_THERE} ${SPANISH_WITH}`) };

export interface CuePhrase {
  readonly words: readonly string[];
  readonly kinds: readonly CueKind[];
}

/** Phrases by their first word, the longest first. */
export const PHRASES: Readonly<Record<NoteLanguage, ReadonlyMap<string, readonly CuePhrase[]>>> = {
  en: byFirstWord(ENGLISH),
  es: byFirstWord(SPANISH),
};

function byFirstWord(kinds: Readonly<Partial<Record<CueKind, string>>>): Map<string, CuePhrase[]> {
  const all = new Map<string, CueKind[]>();
  for (const [kind, phrases] of Object.entries(kinds) as [CueKind, string][])
    for (const phrase of phrases.split("|")) all.set(phrase, [...(all.get(phrase) ?? []), kind]);
  const found = new Map<string, CuePhrase[]>();
  for (const [phrase, own] of all) {
    const words = phrase.split(" ");
    found.set(words[0], [...(found.get(words[0]) ?? []), { words, kinds: own }]);
  }
  for (const phrases of found.values()) phrases.sort((a, b) => b.words.length - a.words.length);
  return found;
}
