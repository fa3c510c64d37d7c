/** An answer of POST /v1/diagnose as a list of diseases with bars, numbers and reasons. */
import { make } from "./dom.js";

const TERM = /^HP:\d{7}$/;
/** Reasons shown of each side. */
const SHOWN = 8;

/** Ids of the terms that the reasons of an answer speak of. */
export function termsIn(answer) {
  const told = answer.patients[0].diseases.flatMap(({ evidence }) => [
    ...(evidence?.for ?? []),
    ...(evidence?.against ?? []),
  ]);
  return [...new Set(told.map(({ feature }) => feature).filter((feature) => TERM.test(feature)))];
}

/**
 * @param labels id of a term → { label, lang }
 * @returns elements
 */
export function drawAnswer({ patients: [one], model, knowledge }, { t, lang, labels, isTable }) {
  const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3, signDisplay: "exceptZero" });
  const tools = {
    t,
    lang,
    labels,
    isTable,
    percent: (share) => percent.format(share),
    number: (value) => number.format(value),
  };
  const release = knowledge?.sources.join(", ");
  const source = [
    model.name === null ? model.family : t.model(model.name),
    model.version !== null && t.version(model.version),
    release && t.knowledge(release),
    t.predictionId(one.prediction_id),
  ];
  return [
    one.refer_to_clinician &&
      make(
        "p",
        { className: "verdict" },
        t.refer,
        one.reason && make("span", { className: "detail", lang: "en" }, ` (${one.reason})`),
      ),
    one.diseases.length > 0 && make("p", {}, t.best),
    one.diseases.length > 0 &&
      make("ol", { className: "ranking" }, ...one.diseases.map((disease) => line(disease, tools))),
    one.none_of_these !== null && make("p", {}, t.elsewhere(tools.percent(one.none_of_these))),
    one.notices.length > 0 && make("h3", {}, t.notices),
    one.notices.length > 0 && make("ul", { lang: "en" }, ...one.notices.map((notice) => make("li", {}, notice))),
    make("p", { className: "detail" }, source.filter(Boolean).join(" · ")),
  ].filter(Boolean);
}

function line({ rank, id, name, probability, interval, evidence }, tools) {
  const { t, percent, isTable } = tools;
  const fill = make("div");
  fill.style.width = `${100 * Math.min(1, Math.max(0, probability))}%`;
  const range = interval ? t.interval(percent(interval[0]), percent(interval[1])) : isTable ? t.noInterval : "";
  return make(
    "li",
    { "data-rank": String(rank) },
    make(
      "div",
      { className: "head" },
      make(
        "h3",
        {},
        `${rank}. `,
        make("span", { lang: "en" }, name),
        id && make("span", { className: "detail" }, ` ${id}`),
      ),
      make("strong", {}, make("span", { className: "hidden" }, `${t.probability} `), percent(probability)),
    ),
    make("div", { className: "bar", "aria-hidden": "true" }, fill),
    range && make("p", { className: "detail" }, range),
    evidence && reasons(evidence, tools),
  );
}

function reasons(evidence, tools) {
  const { t } = tools;
  const side = (name, title, list) =>
    list.length > 0 &&
    make(
      "div",
      {},
      make("p", { className: name }, title),
      make("ul", {}, ...list.slice(0, SHOWN).map((reason) => make("li", {}, ...reasonText(reason, tools)))),
    );
  const sides = [side("for", t.for, evidence.for), side("against", t.against, evidence.against)].filter(Boolean);
  return sides.length === 0
    ? make("p", { className: "detail" }, t.noReasons)
    : make("div", { className: "reasons" }, ...sides);
}

function reasonText({ feature, label, value, weight }, { t, lang, labels, number }) {
  const known = labels.get(feature);
  const name = make("span", { lang: known?.lang ?? (TERM.test(feature) ? "en" : undefined) }, known?.label ?? label);
  return [
    name,
    `: ${valueText(value, { t, lang, isTerm: TERM.test(feature) })} `,
    make("span", { className: "detail" }, `(${number(weight)})`),
  ];
}

function valueText(value, { t, lang, isTerm }) {
  if (value === null) return t.unknown.toLowerCase();
  if (typeof value === "boolean" || (isTerm && typeof value === "number")) {
    const [yes, no] = isTerm ? [t.present, t.absent] : [t.yes, t.no];
    return (value ? yes : no).toLowerCase();
  }
  if (typeof value === "number") return new Intl.NumberFormat(lang, { maximumSignificantDigits: 6 }).format(value);
  return Array.isArray(value) ? value.join(", ") : value;
}
