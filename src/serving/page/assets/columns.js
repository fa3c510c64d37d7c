/** The columns of a table model as a form: numbers, choices, and terms by the same search as elsewhere. */
import { searchTerms } from "./api.js";
import { fold, make, readNumber } from "./dom.js";
import { findings } from "./findings.js";

const SHOWN = 10;

/**
 * @param model what GET /v1/model answers
 * @returns { fields, terms?, ids(), read(problem), clear(), translate(labels) }
 */
export function columnForm(model, { t, lang, say, failed }) {
  const plain = model.input.filter(({ term }) => term === undefined);
  const byTerm = new Map(model.input.filter(({ term }) => term !== undefined).map(({ term, name }) => [term, name]));
  const fields = plain.map((column) => fieldOf(column, model.example[column.name], { t, lang, say, failed }));
  const terms =
    byTerm.size === 0
      ? undefined
      : findings({
          t,
          say,
          failed,
          states: true,
          title: () => t().find,
          find: (text) => termOptions(text, lang(), byTerm),
        });
  return {
    fields: fields.map(({ element }) => element),
    terms,
    ids: () => [...(terms?.chosen() ?? []), ...fields.flatMap((field) => field.ids?.() ?? [])].map(({ id }) => id),
    /** All columns; null what is not known. @param problem called with a text and the field that it is about */
    read(problem) {
      const row = Object.fromEntries(model.input.map(({ name }) => [name, null]));
      for (const { id, absent } of terms?.chosen() ?? []) row[byTerm.get(id)] = absent ? 0 : 1;
      for (const field of fields) row[field.name] = field.read(problem);
      return row;
    },
    clear() {
      for (const field of fields) field.clear();
      terms?.clear();
    },
    translate(labels) {
      for (const field of fields) field.translate(labels);
      terms?.translate(labels);
    },
  };
}

/** Search results as options of a combobox. @param known ids, or what has them, that the model has */
export async function termOptions(text, lang, known) {
  const found = await searchTerms(text, lang, known === undefined ? SHOWN : 50);
  return found
    .filter(({ id }) => known === undefined || known.has(id))
    .slice(0, SHOWN)
    .map(optionOf);
}

const optionOf = ({ id, label, lang, matched }) => ({
  id,
  label,
  lang,
  note: fold(matched) === fold(label) ? id : `${matched} · ${id}`,
});

let count = 0;

function fieldOf(column, example, tools) {
  if (column.kind === "multilabel") return levelField(column, tools);
  const id = `column-${++count}`;
  const label = make("label", { for: id }, column.name);
  if (column.kind === "numeric") {
    const input = make("input", {
      id,
      inputmode: "decimal",
      autocomplete: "off",
      placeholder: example === null ? "" : String(example ?? ""),
    });
    const read = (problem) => {
      const value = readNumber(input.value);
      if (!Number.isNaN(value)) return value;
      problem(tools.t().notNumber(column.name), input);
      return null;
    };
    return {
      name: column.name,
      element: make("div", { className: "field" }, label, input),
      read,
      clear() {
        input.value = "";
      },
      translate() {},
    };
  }
  const select = make("select", { id });
  const levels = column.kind === "boolean" ? [true, false] : column.levels;
  const name = (level) => (typeof level === "string" ? level : level ? tools.t().yes : tools.t().no);
  const draw = () => {
    const chosen = select.selectedIndex;
    const options = levels.map((level, i) => make("option", { value: String(i) }, name(level)));
    select.replaceChildren(make("option", { value: "" }, tools.t().unknown), ...options);
    select.selectedIndex = Math.max(0, chosen);
  };
  draw();
  return {
    name: column.name,
    element: make("div", { className: "field" }, label, select),
    read: () => (select.value === "" ? null : levels[Number(select.value)]),
    clear() {
      select.selectedIndex = 0;
    },
    translate: draw,
  };
}

/** Levels named after terms are searched for as terms, others by their own text. */
function levelField(column, { t, lang, say, failed }) {
  const levelOf = new Map(
    column.level_terms.map((term, i) => [term, column.levels[i]]).filter(([term]) => term !== null),
  );
  const own = column.levels.filter((_, i) => column.level_terms[i] === null);
  const field = findings({
    ...{ t, say, failed, states: false, title: () => column.name },
    async find(text) {
      const words = fold(text).split(/\s+/);
      const near = own.filter((level) => words.every((word) => fold(level).includes(word)));
      const starts = near.sort((a, b) => Number(fold(b).startsWith(words[0])) - Number(fold(a).startsWith(words[0])));
      const terms = levelOf.size === 0 ? [] : await termOptions(text, lang(), levelOf);
      return [...terms, ...starts.map((level) => ({ id: level, label: level }))].slice(0, SHOWN);
    },
  });
  return {
    name: column.name,
    element: field.element,
    ids: () => field.chosen().filter(({ id }) => levelOf.has(id)),
    read() {
      const chosen = field.chosen().map(({ id }) => levelOf.get(id) ?? id);
      return chosen.length === 0 ? null : chosen;
    },
    clear: field.clear,
    translate: field.translate,
  };
}
