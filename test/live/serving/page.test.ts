import { createHash } from "node:crypto";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ontology } from "../../../src/core/knowledge.ts";
import type { ServedCases, ServedModel } from "../../../src/core/serving/serving.ts";
import { createTermSearch } from "../../../src/knowledge/search/terms.ts";
import { ALWAYS_ANSWER } from "../../../src/serving/clinical/abstention.ts";
import { launchChromium } from "../../support/chromium.ts";
import { termFrame } from "../../support/hpo.ts";
import { type Patients, shippedPatients, termPatients } from "../../support/serving/packaged.ts";
import { casesModel, tableModel } from "../../support/serving/page.ts";
import { ageModel } from "../../support/serving/serving.ts";
import {
  choose,
  FIRST_BOX,
  focused,
  openVisit,
  property,
  submit,
  texts,
  type Visit,
  type VisitOptions,
  wrongs,
} from "../../support/serving/visit.ts";

let browser: Browser;
let cases: ServedCases;
beforeAll(async () => {
  [browser, cases] = await Promise.all([launchChromium(), casesModel()]);
});
afterAll(async () => {
  await browser.close();
  cases.dispose();
});

const visit = (model: ServedModel, options?: VisitOptions): Promise<Visit> => openVisit(browser, model, options);

describe("a clinician asks a model that ranks rare diseases", () => {
  test("in Spanish and by the keyboard alone: symptoms, one of them absent, and reads why", async () => {
    await using visited = await visit(cases, { language: "es-MX" });
    const { page, sent, trouble } = visited;
    expect(await property(page, "html", "lang")).toBe("es");
    await choose(page, "convulsion");
    await choose(page, "talla", ["ArrowDown", "ArrowUp", "Enter"]);
    await choose(page, "ataxya");
    // Back to the list: the third finding's radio buttons, then its removal.
    for (const key of ["Tab", "ArrowRight"] as const) await page.keyboard.press(key);
    expect(await texts(page, ".chosen .name")).toEqual(["Convulsiones", "Talla baja", "Ataxia"]);
    expect(await texts(page, ".chosen .absent .name")).toEqual(["Convulsiones"]);
    await submit(page);
    expect(sent).toEqual([{ present: ["HP:0004322", "HP:0001251"], excluded: ["HP:0001250"], sex: "unknown" }]);
    expect(await focused(page)).toBe("result");
    const ranked = await texts(page, ".ranking > li h3");
    expect(ranked).toHaveLength(10);
    expect(ranked[0]).toMatch(/^1\. .+ OMIM:\d+$/);
    const shares = (await texts(page, ".ranking > li strong")).map((text) => {
      expect(text).toMatch(/^Probabilidad \d+(,\d)?\s?%$/);
      return Number(text.replace(",", ".").replace(/[^\d.]/g, ""));
    });
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    const reasons = await texts(page, ".ranking > li:first-child .reasons li");
    expect(reasons.some((text) => /^(Talla baja|Ataxia): presente \(\+/.test(text))).toBe(true);
    expect((await texts(page, "#answer > .detail"))[0]).toMatch(
      /Modelo rare · versión 3 · conocimiento .*2025-01-16.* · Predicción [\w-]{36}/,
    );
    expect((await texts(page, ".notice"))[0]).toContain("no lo sustituye");
    expect(trouble).toEqual([]);
  });

  test("and asks for no file of another origin, keeps nothing and sets no cookie", async () => {
    await using visited = await visit(cases);
    const { page, trouble } = visited;
    await choose(page, "seizure");
    await submit(page);
    const kept = await page.evaluate(
      "indexedDB.databases().then((bases) => [document.cookie, localStorage.length, sessionStorage.length, bases.length])",
    );
    expect(kept).toEqual(["", 0, 0, 0]);
    expect(page.url()).toBe(`${visited.service.url}/`);
    expect(trouble).toEqual([]);
  });

  test("with Shift and Enter a finding is absent; Escape closes the list, then empties the field; a removed one is gone", async () => {
    await using visited = await visit(cases);
    const { page } = visited;
    await page.keyboard.down("Shift");
    await choose(page, "ataxia");
    await page.keyboard.up("Shift");
    expect(await texts(page, ".chosen .absent .name")).toEqual(["Ataxia"]);
    await choose(page, "fever", ["Escape"]);
    expect([await property(page, FIRST_BOX, "ariaExpanded"), await property(page, FIRST_BOX, "value")]).toEqual([
      "false",
      "fever",
    ]);
    await page.keyboard.press("Escape");
    expect(await property(page, FIRST_BOX, "value")).toBe("");
    await page.click(".chosen button");
    expect(await texts(page, ".chosen .name")).toEqual([]);
    expect(await focused(page, "role")).toBe("combobox");
  });

  test("the list says to a screen reader which option is active and how many there are", async () => {
    await using visited = await visit(cases);
    const { page } = visited;
    await choose(page, "short stat", ["ArrowDown", "ArrowDown"]);
    const active = await focused(page, "aria-activedescendant");
    expect(await property(page, "[role=option][aria-selected=true]", "id")).toBe(active);
    expect(await texts(page, "[role=status]")).toEqual([expect.stringMatching(/^\d+ matches$/)]);
    expect(await page.$('::-p-aria([name="Symptom or sign"][role="combobox"])')).not.toBeNull();
  });

  test("another language names what was chosen and what was answered anew", async () => {
    await using visited = await visit(cases);
    const { page } = visited;
    await choose(page, "short stature");
    await submit(page);
    await page.select("#language", "es");
    await page.waitForFunction(`document.querySelector(".chosen .name").textContent === "Talla baja"`);
    await page.waitForFunction(`/Talla baja: presente/.test(document.querySelector(".reasons").textContent)`);
    expect(await page.title()).toBe("Apoyo al diagnóstico");
  });

  test("a term without a Spanish name is marked as English", async () => {
    await using visited = await visit(cases, { language: "es" });
    const { page } = visited;
    await choose(page, "lissencephaly");
    expect(await texts(page, ".chosen .name")).toEqual(["Lissencephaly (en inglés)"]);
    expect(await property(page, ".chosen .name > span", "lang")).toBe("en");
  });

  test("axe-core finds nothing wrong: empty, with the list open, answered, refused, in both colour schemes", async () => {
    await using visited = await visit(cases);
    const { page } = visited;
    expect(await wrongs(page)).toEqual([]);
    await choose(page, "seiz", ["ArrowDown"]);
    expect(await wrongs(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await submit(page);
    expect(await wrongs(page)).toEqual([]);
    await page.type("#age", "abc");
    await page.click("#submit");
    await page.waitForSelector("[role=alert]:not([hidden])");
    expect(await wrongs(page)).toEqual([]);
  });

  test("what is wrong is said by an alert, and the field has the focus", async () => {
    await using visited = await visit(cases);
    const { page, sent } = visited;
    await page.type("#age", "a hundred");
    await page.click("#submit");
    expect(await texts(page, "[role=alert]:not([hidden])")).toEqual([
      "Age in years: give a number from 0 to 130. Choose at least one finding.",
    ]);
    expect([await focused(page), await focused(page, "aria-invalid")]).toEqual(["age", "true"]);
    expect(sent).toEqual([]);
  });

  test("a service that is gone is said, and what was typed stays", async () => {
    await using visited = await visit(cases);
    const { page, service } = visited;
    await choose(page, "seizure");
    await service.app.close();
    await page.click("#submit");
    await page.waitForSelector("[role=alert]:not([hidden])");
    expect(await texts(page, "[role=alert]")).toEqual(["The service does not answer. Try again."]);
    expect(await texts(page, ".chosen .name")).toEqual(["Seizure"]);
  });

  test("a model that is not sure enough refers to a clinician", async () => {
    await using visited = await visit(cases, { settings: { abstain: { ...ALWAYS_ANSWER, below: 0.999 } } });
    const { page } = visited;
    await choose(page, "seizure");
    await submit(page);
    expect((await texts(page, ".verdict"))[0]).toContain("Refer to a clinician");
    expect(await texts(page, ".ranking > li")).toEqual([]);
  });

  test("a narrow screen shows everything without scrolling sideways", async () => {
    await using visited = await visit(cases, { width: 320, language: "es" });
    const { page } = visited;
    await choose(page, "enfermedad renal crónica en est");
    await choose(page, "convulsiones", ["ArrowDown"]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await page.keyboard.press("Enter");
    await submit(page);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
  });
});

describe("a clinician asks a model over a table", () => {
  test("by the columns of the model: numbers, choices, an example that is not sent", async () => {
    await using visited = await visit(await tableModel(await shippedPatients("heart_disease", "severity")));
    const { page, sent, trouble } = visited;
    const field = (name: string) => page.$(`::-p-aria(${name})`);
    const age = (await field("age"))!;
    expect(await (await age.getProperty("placeholder")).jsonValue()).toMatch(/^\d+/);
    await age.type("61,5");
    const sex = (await field("sex"))!;
    const levels = await sex.$$eval("option", (options) => options.map((option) => option.textContent));
    expect(levels[0]).toBe("Not known");
    await sex.select("0");
    expect(await wrongs(page)).toEqual([]);
    await submit(page);
    const [{ patients }] = sent as [{ patients: [Record<string, unknown>] }];
    expect(patients[0]).toMatchObject({ age: 61.5, sex: levels[1], chol: null });
    expect(Object.keys(patients[0])).toHaveLength(14);
    const ranked = await texts(page, ".ranking > li h3");
    expect(ranked).toHaveLength(5);
    expect(ranked[0]).toMatch(/^1\. s\d$/);
    expect((await texts(page, ".reasons li")).some((text) => /^age: 61\.5 \([+-]/.test(text))).toBe(true);
    expect(await wrongs(page)).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test("by terms that its columns are named after, in Spanish, present and absent", async () => {
    await using visited = await visit(await tableModel(termPatients()), { language: "es" });
    const { page, sent, trouble } = visited;
    await choose(page, "tos");
    await choose(page, "crisis febril", []);
    await page.keyboard.down("Shift");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Shift");
    await submit(page);
    const [{ patients }] = sent as [{ patients: [Record<string, unknown>] }];
    expect(patients[0]).toMatchObject({
      "HP:0012735": 1,
      "HP:0002373 Febrile seizure": 0,
      "HP:0001250": null,
      edad: null,
    });
    expect(trouble).toEqual([]);
  });

  test("by lists of symptoms, of terms and of words", async () => {
    const frame = termFrame(90, true);
    const y = Int32Array.from({ length: frame.rows }, (_, i) => i % 3);
    const patients: Patients = { frame, y, classes: ["a", "b", "c"], asked: frame, csv: "" };
    await using visited = await visit(await tableModel(patients), { language: "es" });
    const { page, sent } = visited;
    const box = '::-p-aria([name="síntomas"][role="combobox"])';
    await choose(page, "fiebre", ["Enter"], box);
    await choose(page, "cansan", ["Enter"], box);
    await submit(page);
    const [{ patients: asked }] = sent as [{ patients: [Record<string, unknown>] }];
    expect(asked[0]!.síntomas).toEqual(["HP:0001945", "cansancio"]);
  });

  test("and is told where nothing, or no number, was given", async () => {
    await using visited = await visit(ageModel());
    const { page, sent } = visited;
    await page.click("#submit");
    await page.waitForSelector("[role=alert]:not([hidden])");
    expect(await texts(page, "[role=alert]")).toEqual(["Give at least one value."]);
    await page.type("::-p-aria(age)", "1e");
    await page.click("#submit");
    expect(await texts(page, "[role=alert]")).toEqual(["age: this is not a number."]);
    expect(sent).toEqual([]);
  });
});

describe("markup in names stays text:", () => {
  const EVIL = `<img src=x onerror="alert('XSS')">"><script>alert(1)</script>`;

  test("of columns, levels, classes and the model", async () => {
    const model = ageModel({
      input: [
        { name: "age", kind: "numeric" },
        { name: EVIL, kind: "numeric" },
        { name: `grade ${EVIL}`, kind: "categorical", levels: [EVIL, "low"] },
        { name: `list ${EVIL}`, kind: "multilabel", levels: [EVIL] },
      ],
    });
    const hostile: ServedModel = {
      ...model,
      classes: [EVIL, "flu"],
      identity: { ...model.identity, name: EVIL, version: EVIL },
      example: { age: EVIL, [EVIL]: EVIL },
      explain: () => ({
        method: "none",
        unit: "score",
        base: 0,
        evidence: [{ feature: EVIL, label: EVIL, value: EVIL, weight: 1 }],
      }),
    };
    await using visited = await visit(hostile);
    const { page, trouble } = visited;
    await page.type("::-p-aria(age)", "20");
    await choose(page, "img");
    await submit(page);
    expect(await texts(page, ".chosen .name")).toEqual([EVIL]);
    expect((await texts(page, ".ranking > li h3"))[0]).toBe(`1. ${EVIL}`);
    expect((await texts(page, "#model"))[0]).toContain(EVIL);
    expect(await page.$$eval("img, main script", (found) => found.length)).toBe(0);
    expect(trouble).toEqual([]);
  });

  test("of terms and diseases", async () => {
    const ontology: Ontology = {
      ...{
        release: EVIL,
        ids: ["HP:0000118", "HP:0001250"],
        names: ["All", `Seizure ${EVIL}`],
        synonyms: [[], [EVIL]],
      },
      ...{ parents: [[], [0]], replaced: new Map() },
      indexOf: (id) => ({ "HP:0000118": 0, "HP:0001250": 1 })[id],
    };
    const search = createTermSearch({ ontology });
    const evidence = [{ feature: "HP:0001250", label: EVIL, value: true, weight: 1 }];
    const explained = { method: "none", unit: "score", base: 0, evidence } as const;
    const model: ServedCases = {
      ...cases,
      ontology,
      rank: () => ({ ranking: [{ id: EVIL, name: EVIL, probability: 1, score: 1, explained }], notices: [EVIL] }),
      dispose() {},
    };
    await using visited = await visit(model, { terms: async () => search });
    const { page, trouble } = visited;
    await choose(page, "seiz");
    await submit(page);
    expect(await texts(page, ".chosen .name")).toEqual([`Seizure ${EVIL}`]);
    expect((await texts(page, ".ranking > li h3"))[0]).toBe(`1. ${EVIL} ${EVIL}`);
    expect(await page.$$eval("img, main script", (found) => found.length)).toBe(0);
    expect(trouble).toEqual([]);
  });
});

test("a service that needs a token asks for it, refuses a wrong one, and the right one is nowhere kept", async () => {
  const token = { digest: createHash("sha256").update("let-me-in").digest(), expires: null };
  await using visited = await visit(cases, { settings: { tokens: [token] } });
  const { page, trouble } = visited;
  expect(await focused(page)).toBe("token");
  expect(await wrongs(page)).toEqual([]);
  await page.keyboard.type("wrong");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[role=alert]:not([hidden])");
  expect(await texts(page, "[role=alert]")).toEqual(["The token is missing, wrong or expired."]);
  await page.evaluate(`document.querySelector("#token").value = ""`);
  await page.type("#token", "let-me-in");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#findings:not([hidden])");
  expect(await property(page, "#token-field", "hidden")).toBe(true);
  await choose(page, "seizure");
  await submit(page);
  expect(
    await page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, location.href])"),
  ).not.toContain("let-me-in");
  await page.reload({ waitUntil: "networkidle0" });
  expect(await property(page, "#token-field", "hidden")).toBe(false);
  expect(trouble).toEqual([]);
});
