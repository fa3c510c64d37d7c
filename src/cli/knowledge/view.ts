/** Knowledge as a person reads it. */
import type { Shown } from "../../app.ts";
import { renderTable, terminalWidth } from "../table.ts";
import { paint, plainLength, visible } from "../text.ts";

/** "19,034 terms, 17 names" */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count.toLocaleString("en-US")} ${what}`)
    .join(", ");
}

/** Days as years, months or days. */
export function ageText(days: number | null): string {
  if (days === null) return "–";
  if (days < 60) return `${days} d`;
  return days < 730 ? `${Math.round(days / 30.4)} months` : `${(days / 365.25).toFixed(1)} years`;
}

type Disease = Extract<Shown, { kind: "disease" }>;
type Term = Extract<Shown, { kind: "term" }>;

/** Papers of a statement that are shown; --json has all. */
const MOST_REFERENCES = 3;
const MOST_NAMES = 12;

export interface ViewOptions {
  readonly markdown: boolean;
  /** Rows of phenotypes at most. */
  readonly limit: number;
}

/** A term or disease as text or Markdown. */
export function knowledgeView(shown: Shown, options: ViewOptions): string {
  return (shown.kind === "term" ? termView(shown, options) : diseaseView(shown, options)).join("\n");
}

function diseaseView(one: Disease, options: ViewOptions): string[] {
  const share =
    one.prevalence === null ? "" : `, about 1 in ${Math.round(1 / one.prevalence.share).toLocaleString("en-US")}`;
  const mapped = (mapping: string): string =>
    one.mapped
      .filter((each) => each.mapping === mapping)
      .map(({ id, label }) => (label === null ? id : `${id} ${label}`))
      .join("; ");
  return [
    ...heading(one.id, one.name, one.nameEs, options),
    ...facts(options, [
      ["type", one.type],
      ["also called", listed(one.synonyms)],
      ["en español", listed(one.synonymsEs)],
      [
        "prevalence",
        one.prevalence &&
          `${one.prevalence.text}${share}${one.prevalence.of === one.id ? "" : ` (${one.prevalence.of})`}`,
      ],
      ["inheritance", one.inheritance.join(", ")],
      ["onset", one.onset.join(", ")],
      ["course", one.course.join(", ")],
      ["genes", one.genes.map((each) => [each.gene, each.inheritance].filter(Boolean).join(" · ")).join("; ")],
      ["the same as", mapped("exact")],
      ["goes with", mapped("listed")],
      ["wider", mapped("broader")],
      ["narrower", mapped("narrower")],
      ["unclear mapping", mapped("undecided")],
      ["links", one.links.join("  ")],
      ["definition", one.definition],
    ]),
    ...phenotypeTable("Phenotypes", one.phenotypes, options),
    ...phenotypeTable("Not in this disease", one.absent, options),
  ];
}

function termView(one: Term, options: ViewOptions): string[] {
  const { direct, all, of } = one.diseases;
  const bits = one.information === null ? "" : `; ${one.information.toFixed(1)} bits of information`;
  const terms = (list: Term["parents"]): string =>
    listed(
      list.map(({ id, label }) => `${id} ${label}`),
      "; ",
    );
  return [
    ...heading(one.id, one.label, one.labelEs, options),
    ...facts(options, [
      ["definition", one.definition],
      ["remark", one.comment],
      ["also called", listed(one.synonyms)],
      ["en español", listed(one.synonymsEs)],
      ["more general", terms(one.parents)],
      ["more special", terms(one.children)],
      [
        "diseases",
        `${all.toLocaleString("en-US")} of ${of.toLocaleString("en-US")} with it or something more special, ${direct.toLocaleString("en-US")} with the very term${bits}`,
      ],
      ["elsewhere", listed(one.xrefs)],
      ["replaces", listed(one.replaces)],
    ]),
  ];
}

function heading(id: string, name: string, nameEs: string | null, { markdown }: ViewOptions): string[] {
  const spanish = nameEs === null ? "" : ` (${visible(nameEs)})`;
  if (markdown) return [`# ${id} ${visible(name)}${spanish}`, ""];
  return [`${paint("accent", id)} ${paint("strong", visible(name))}${spanish}`];
}

function facts({ markdown }: ViewOptions, all: readonly (readonly [string, string | null])[]): string[] {
  const width = terminalWidth();
  return all.flatMap(([title, text]) => {
    if (text === null || text === "") return [];
    if (markdown) return [`- **${title}**: ${visible(text)}`];
    const [first = "", ...rest] = wrapped(visible(text), Math.max(30, width - TITLE));
    return [`${paint("dim", title.padEnd(TITLE))}${first}`, ...rest.map((line) => `${" ".repeat(TITLE)}${line}`)];
  });
}

const TITLE = 17;

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || plainLength(last) + plainLength(word) + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function phenotypeTable(title: string, all: Disease["phenotypes"], { markdown, limit }: ViewOptions): string[] {
  if (all.length === 0) return [];
  const rows = all.slice(0, limit).map((one) => ({
    frequency: one.frequency || "not said",
    id: one.id,
    label: one.label,
    more: [one.sex, ...one.onset].filter(Boolean).join(", "),
    references: listed(one.references, " ", MOST_REFERENCES),
  }));
  const columns = [
    { key: "frequency", title: "patients" },
    { key: "id", title: "term" },
    { key: "label", title: "name" },
    { key: "more", title: "onset, sex" },
    { key: "references", title: "by" },
  ].filter(({ key }) => key !== "more" || rows.some(({ more }) => more !== ""));
  const left =
    all.length > limit ? [...(markdown ? [""] : []), `… and ${all.length - limit} more: --limit 0 shows all`] : [];
  const head = `${title}: ${all.length}`;
  return [
    "",
    ...(markdown ? [`## ${head}`, ""] : [paint("strong", head)]),
    renderTable({ columns, rows }, markdown ? "md" : "table"),
    ...left,
  ];
}

function listed(texts: readonly string[], between = "; ", most = MOST_NAMES): string {
  const more = texts.length > most ? `${between}… ${texts.length - most} more` : "";
  return `${texts.slice(0, most).join(between)}${more}`;
}
