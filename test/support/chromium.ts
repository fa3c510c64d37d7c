/** The real browser, without a window. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer, { type Browser } from "puppeteer-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** CHROMIUM, else the first of the usual names on PATH. @throws Error that says how to get one */
export function chromiumPath(env: NodeJS.ProcessEnv = process.env): string {
  const paths = (env.PATH ?? "").split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = (env.CHROMIUM ? [env.CHROMIUM] : paths).find(isProgram);
  if (found === undefined)
    throw new Error(
      "the page is tested in Chromium, which is not here: apt-get install chromium, or name it by CHROMIUM",
    );
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function launchChromium(): Promise<Browser> {
  // As root, which CI is, Chromium has no sandbox of its own.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = [...sandbox, "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"];
  return puppeteer.launch({ executablePath: chromiumPath(), headless: true, args });
}
