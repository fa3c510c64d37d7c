/** The page's files, and what a browser is told with them. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";

export interface Asset {
  /** "page.css" */
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
};

/** Only files of this origin, and no page around it; nothing in the page's own text is run. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Besides those that every answer has. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "cache-control": "no-cache",
};

/** Reads the files once; they are 40 kB. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const folder = assetFolder();
  const names = readdirSync(folder).filter((name) => extname(name) in TYPES);
  return new Map(
    names.map((name) => {
      const bytes = readFileSync(join(folder, name));
      const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 20)}"`;
      return [name, { name, type: TYPES[extname(name)], bytes, etag }];
    }),
  );
}

/** Beside this file in the sources; scripts/build.ts copies it to dist/page. */
function assetFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const found = ["assets", "page"]
      .map((name) => join(folder, name))
      .find((path) => existsSync(join(path, "page.html")));
    if (found !== undefined) return found;
    if (folder === dirname(folder)) throw new Error("the page's files are not beside the program");
  }
}
