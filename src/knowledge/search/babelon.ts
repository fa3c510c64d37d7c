/**
 * Translations of terms in the format of the HPO's own ones: Babelon (https://github.com/monarch-initiative/babelon), and the tables of synonyms that lie
 * beside them in obophenotype/hpo-translations.
 */
import { basename } from "node:path";
import { UserError } from "../../core/errors.ts";
import { filesIn } from "../files.ts";
import { plainText, readBytes } from "../source.ts";

const WHERE =
  "Translations of the HPO (hp-es.babelon.tsv, hp-es.synonyms.tsv) are in obophenotype/hpo-translations on GitHub.";

export interface Translation {
  /** Undefined where only synonyms are translated. */
  readonly label?: string;
  readonly synonyms: readonly string[];
}

export interface Translations {
  /** "es" */
  readonly lang: string;
  /** By id of the term. */
  readonly terms: ReadonlyMap<string, Translation>;
}

/**
 * Reads every translation to a language that lies in the folders and the folders in them: hp-LANG.babelon.tsv, hp-LANG.synonyms.tsv, hp-LANG.tsv, also
 * as .gz. Where two have a label, that of the first folder stands and the other is a synonym.
 * @param lang "es"
 * @throws UserError naming the file that cannot be read or is no such table
 */
export async function loadTranslations(folders: readonly string[], lang: string): Promise<Translations> {
  const name = new RegExp(`^hp-${lang}(\\.babelon|\\.synonyms)?\\.tsv(\\.gz)?$`);
  const paths = folders.flatMap(filesIn).filter((path) => name.test(basename(path)));
  const texts = await Promise.all(
    [...new Set(paths)].map(async (path) => ({ path, bytes: await readBytes(path, "translation", WHERE) })),
  );
  const rows = texts.flatMap(({ path, bytes }) =>
    parseBabelon(plainText(bytes, path, "translation", WHERE), path, lang),
  );
  const terms = new Map<string, { label?: string; synonyms: string[] }>();
  for (const { id, value, label } of rows) {
    const term = terms.get(id) ?? { synonyms: [] };
    terms.set(id, term);
    if (label && term.label === undefined) term.label = value;
    else if (value !== term.label && !term.synonyms.includes(value)) term.synonyms.push(value);
  }
  return { lang, terms };
}

interface Row {
  readonly id: string;
  readonly value: string;
  readonly label: boolean;
}

/** Rows of labels and exact synonyms that are translated; those of definitions are left out. @throws UserError when it is no such table */
export function parseBabelon(text: string, path: string, lang: string): Row[] {
  const [header = "", ...lines] = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line !== "" && !line.startsWith("#"));
  const names = header.split("\t");
  const at = (name: string): number => names.indexOf(name);
  const [id, value, predicate, language, status] = [
    at("subject_id"),
    at("translation_value"),
    at("predicate_id"),
    at("translation_language"),
    at("translation_status"),
  ];
  if (id < 0 || value < 0)
    throw new UserError("the translation has no columns subject_id and translation_value", {
      where: `${path}:1`,
      fix: WHERE,
    });
  return lines.flatMap((line) => {
    const cells = line.split("\t").map(unquoted);
    const said = predicate < 0 ? "synonym" : (cells[predicate] ?? "");
    const kind = /label$/i.test(said) ? "label" : /synonym$/i.test(said) ? "synonym" : undefined;
    const other = language >= 0 && cells[language] !== lang;
    // The second line of a table of synonyms is ROBOT's, whose id is the word ID.
    const term = /^[A-Za-z]+:\d+$/.test(cells[id]);
    const skipped = kind === undefined || other || !term || !cells[value]?.trim() || /^not/i.test(cells[status] ?? "");
    return skipped ? [] : [{ id: cells[id], value: cells[value].trim(), label: kind === "label" }];
  });
}

/** A cell as a program that quotes writes it. */
const unquoted = (cell: string): string => (/^".*"$/s.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell);
