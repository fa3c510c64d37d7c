/** The page of a model in Chromium, and what a person does there. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, KeyInput, Page } from "puppeteer-core";
import type { ServedModel } from "../../../src/core/serving/serving.ts";
import { type PageService, servePage } from "./page.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly service: PageService;
  /** Bodies of POST /v1/diagnose, in order. */
  readonly sent: unknown[];
  /** Addresses outside of the service, errors of scripts and breaches of the policy: none may be. */
  readonly trouble: string[];
}

export type VisitOptions = Parameters<typeof servePage>[1] & { language?: string; width?: number };

/** Opens the page of a model as a clinician does, in a window of his own. */
export async function openVisit(browser: Browser, model: ServedModel, options: VisitOptions = {}): Promise<Visit> {
  const { language = "en", width = 1024, ...rest } = options;
  const service = await servePage(model, rest);
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width, height: 800 });
  await page.evaluateOnNewDocument(
    `Object.defineProperty(navigator, "language", { value: ${JSON.stringify(language)} })`,
  );
  const trouble: string[] = [];
  const sent: unknown[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${service.url}/`)) trouble.push(request.url());
    if (request.method() === "POST") sent.push(JSON.parse(request.postData() ?? "null"));
  });
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("dialog", (dialog) => trouble.push(dialog.message()));
  page.on("console", (message) => {
    // The browser itself logs answers of 4xx.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) trouble.push(message.text());
  });
  await page.goto(`${service.url}/`, { waitUntil: "networkidle0" });
  return {
    ...{ page, service, sent, trouble },
    async [Symbol.asyncDispose]() {
      await context.close();
      await service[Symbol.asyncDispose]();
    },
  };
}

export const FIRST_BOX = "[role=combobox]";

/** Types, waits for the suggestions, and presses keys. */
export async function choose(
  page: Page,
  text: string,
  keys: readonly KeyInput[] = ["Enter"],
  box = FIRST_BOX,
): Promise<void> {
  await page.focus(box);
  await page.keyboard.type(text);
  await page.waitForSelector("[role=option]");
  for (const key of keys) await page.keyboard.press(key);
}

export const texts = (page: Page, selector: string): Promise<string[]> =>
  page.$$eval(selector, (found) => found.map((element) => (element.textContent ?? "").replace(/\s+/g, " ").trim()));

/** A property of the first element that a selector meets. In text, as a test has no types of a browser. */
export const property = (page: Page, selector: string, name: string): Promise<unknown> =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)})[${JSON.stringify(name)}]`);

/** An attribute of what has the focus. */
export const focused = (page: Page, attribute = "id"): Promise<unknown> =>
  page.evaluate(`document.activeElement.getAttribute(${JSON.stringify(attribute)})`);

export async function submit(page: Page): Promise<void> {
  await page.focus("#submit");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result:not([hidden]) .ranking > li, #result:not([hidden]) .verdict");
}

interface AxeResults {
  violations: { id: string; nodes: { html: string }[] }[];
}

/** What axe-core finds wrong in both colour schemes. */
export async function wrongs(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.evaluate(axe);
    const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
    found.push(...violations.map(({ id, nodes }) => `${scheme}: ${id}: ${nodes[0]!.html}`));
  }
  return found;
}
