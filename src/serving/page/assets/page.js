/** The page: what is known of a patient in, ranked diseases with reasons out. Nothing is stored. */
import { diagnose, Failed, getModel, labelsOf, setToken } from "./api.js";
import { columnForm, termOptions } from "./columns.js";
import { byId, readNumber } from "./dom.js";
import { findings } from "./findings.js";
import { drawAnswer, termsIn } from "./result.js";
import { TEXTS } from "./texts.js";

let language = /^es\b/i.test(navigator.language) ? "es" : "en";
let model;
let symptoms;
let columns;
let answer;

const t = () => TEXTS[language];
const lang = () => language;
const say = (text) => {
  byId("status").textContent = text;
};

async function start() {
  translate();
  try {
    model = await getModel();
  } catch (error) {
    // Only a service that asks for a token has a field for it.
    if (error.kind === "denied" && byId("token-field").hidden) {
      byId("token-field").hidden = false;
      return byId("token").focus();
    }
    return fail(error);
  }
  byId("token-field").hidden = true;
  tell([]);
  if (model.kind === "cases") {
    symptoms = findings({
      t,
      say,
      failed,
      states: true,
      title: () => t().find,
      find: (text) => termOptions(text, lang()),
    });
    byId("findings").append(symptoms.element);
    byId("person").hidden = false;
  } else {
    columns = columnForm(model, { t, lang, say, failed });
    byId("column-fields").replaceChildren(...columns.fields);
    byId("columns").hidden = columns.fields.length === 0;
    if (columns.terms) byId("findings").append(columns.terms.element);
  }
  byId("findings").hidden = symptoms === undefined && columns?.terms === undefined;
  byId("submit").disabled = false;
  translate();
}

function translate() {
  document.documentElement.lang = language;
  document.title = t().title;
  byId("language").value = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t()[element.dataset.text];
  if (!model) return;
  const { name, family, version, knowledge } = model.identity;
  const told = [t().model(name ?? family), version !== null && t().version(version)];
  const release = knowledge?.files.map((file) => `${file.what} ${file.version}`.trim()).join(", ");
  byId("model").textContent = [...told, release && t().knowledge(release)].filter(Boolean).join(" · ");
}

/** Problems with the fields that they are about, if any. @param quiet leaves the focus where it is: somebody is typing */
function tell(problems, quiet = false) {
  const box = byId("problem");
  for (const field of document.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  }
  for (const { field } of problems) {
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-errormessage", box.id);
  }
  box.hidden = problems.length === 0;
  box.textContent = problems.map(({ text }) => text).join("\n");
  if (problems.length > 0 && !quiet) (problems[0].field ?? box).focus();
}

function fail(error, quiet = false) {
  const kind = error instanceof Failed ? error.kind : "unreachable";
  const text = { denied: t().denied, busy: t().busy, refused: t().failed(error.message) }[kind] ?? t().unreachable;
  if (kind === "denied") byId("token-field").hidden = false;
  tell([{ text, field: kind === "denied" ? byId("token") : undefined }], quiet);
}

const failed = (error) => fail(error, true);

/** What is sent, and what is wrong with the fields. */
function read() {
  const problems = [];
  const problem = (text, field) => problems.push({ text, field });
  if (model.kind === "table") {
    const row = columns.read(problem);
    if (problems.length === 0 && Object.values(row).every((value) => value === null)) problem(t().nothingGiven);
    return { body: { patients: [row] }, problems };
  }
  const age = readNumber(byId("age").value);
  if (age !== null && !(age >= 0 && age <= 130)) problem(t().agePositive, byId("age"));
  const chosen = symptoms.chosen();
  if (chosen.length === 0) problem(t().nothing, symptoms.input);
  const [present, excluded] = [false, true].map((absent) =>
    chosen.filter((one) => one.absent === absent).map(({ id }) => id),
  );
  return { body: { present, excluded, sex: byId("sex").value, ...(age !== null && { age }) }, problems };
}

async function submit(event) {
  event.preventDefault();
  const { body, problems } = read();
  tell(problems);
  if (problems.length > 0) return;
  byId("submit").disabled = true;
  say(t().working);
  try {
    answer = await diagnose(body);
    await showAnswer();
    byId("result").focus();
  } catch (error) {
    fail(error);
  } finally {
    byId("submit").disabled = false;
  }
}

async function showAnswer() {
  const labels = language === "en" ? new Map() : await labelsOf(termsIn(answer), language).catch(() => new Map());
  byId("answer").replaceChildren(
    ...drawAnswer(answer, { t: t(), lang: language, labels, isTable: model.kind === "table" }),
  );
  byId("result").hidden = false;
}

async function changeLanguage() {
  language = byId("language").value;
  translate();
  tell([]);
  const ids = symptoms ? symptoms.chosen().map(({ id }) => id) : (columns?.ids() ?? []);
  const labels = await labelsOf(ids, language).catch(() => new Map());
  symptoms?.translate(labels);
  columns?.translate(labels);
  if (answer) await showAnswer();
}

function clear() {
  answer = undefined;
  byId("age").value = "";
  byId("sex").value = "unknown";
  symptoms?.clear();
  columns?.clear();
  byId("result").hidden = true;
  byId("answer").replaceChildren();
  tell([]);
}

byId("language").addEventListener("change", changeLanguage);
byId("ask").addEventListener("submit", submit);
byId("clear").addEventListener("click", clear);
byId("unlock").addEventListener("click", unlock);
byId("token").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  unlock();
});

function unlock() {
  setToken(byId("token").value);
  if (model === undefined) return start();
  byId("token-field").hidden = true;
  tell([]);
}

start();
