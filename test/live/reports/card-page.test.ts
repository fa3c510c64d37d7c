import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, onTestFinished, test } from "vitest";
import { buildCard } from "../../../src/reports/card/card.ts";
import { cardHtml } from "../../../src/reports/card/html.ts";
import { knownInput } from "../../reports/card/input.ts";
import { launchChromium } from "../../support/chromium.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test("the card's page asks for nothing, runs no script, and axe finds nothing wrong with it", async () => {
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const asked: string[] = [];
  const told: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => told.push(message.text()));
  page.on("dialog", (dialog) => told.push(dialog.message()));
  const classes = ["psoriasis", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'];
  const html = cardHtml(buildCard(knownInput(classes)).card);
  await page.goto(`data:text/html;charset=utf-8,${encodeURIComponent(html)}`);
  expect(asked.filter((url) => !url.startsWith("data:text/html"))).toEqual([]);
  expect(told).toEqual([]);
  expect(await page.title()).toBe("Model card: skin, version 3");
  const { violations } = (await page.evaluate(`${axe}; axe.run()`)) as AxeResults;
  expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
});
