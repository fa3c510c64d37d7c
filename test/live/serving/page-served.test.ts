import { readFileSync } from "node:fs";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../../support/chromium.ts";
import { disease, startDisease } from "../../support/cli.ts";
import { SOLVED } from "../../support/knowledge.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

const RARE = `data: { cases: data/cases.zip, candidates: omim }
bootstrap: { resamples: 100 }
families: { orphan-cases: {} }
`;

let project: TestProject;
let browser: Browser;
beforeAll(async () => {
  project = makeProject({ "experiments/rare.yaml": RARE, "data/cases.zip": readFileSync(SOLVED) });
  const [opened, { code, stderr }] = await Promise.all([
    launchChromium(),
    disease(["exp", "run", "rare"], { cwd: project.root }),
  ]);
  browser = opened;
  if (code !== 0) throw new Error(`the sweep ended with ${code}: ${stderr}`);
});
afterAll(async () => {
  await browser?.close();
  project?.[Symbol.dispose]();
});

test("the program serves the page: a symptom in Spanish, another absent, by the keyboard, gives ranked diseases", async () => {
  const run = (await project.runs("rare")).find(({ params }) => params.family === "orphan-cases")!;
  await using program = await startDisease(["serve", `runs:/${run.info.runId}/model`, "--port", "0"], {
    cwd: project.root,
  });
  const [, url] = await program.said(/Server listening at (\S+?)"/);
  const page = await browser.newPage();
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`)) foreign.push(request.url());
  });
  await page.goto(`${url}/`, { waitUntil: "networkidle0" });
  await page.select("#language", "es");
  for (const text of ["convulsiones", "talla baja"]) {
    await page.focus("[role=combobox]");
    await page.keyboard.type(text);
    await page.waitForSelector("[role=option]");
    if (text === "talla baja") await page.keyboard.down("Shift");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Shift");
  }
  await page.focus("#submit");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".ranking > li");
  const texts = await page.$$eval(".chosen .name, .chosen .absent .name, .ranking > li h3, .reasons li", (all) =>
    all.map((element) => element.textContent ?? ""),
  );
  expect(texts.slice(0, 2)).toEqual(["Convulsiones", "Talla baja"]);
  expect(texts.filter((text) => /^\d+\. .*(OMIM|ORPHA):\d+$/.test(text))).toHaveLength(10);
  expect(texts.some((text) => text.startsWith("Convulsiones: presente"))).toBe(true);
  expect(foreign).toEqual([]);
  program.kill("SIGTERM");
  expect((await program.ended).code).toBe(0);
});
