import { createHash, timingSafeEqual } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { Token } from "../context.ts";

const FORM = /^[A-Za-z0-9._~+/=-]+$/;
/** Fewer could be guessed. */
const SHORTEST = 16;

/**
 * Tokens between commas, blanks or line ends, each perhaps with ":" and the moment at which it expires
 * ("…:2026-12-31T00:00Z"); "#" begins a comment.
 * @param where for messages; they never hold a token
 */
export function parseTokens(text: string, where: string): Token[] {
  const words = text
    .split(/\r?\n/)
    .flatMap((line) => line.replace(/(^|\s)#.*/, "").split(/[,\s]+/))
    .filter((word) => word !== "");
  return words.map((word, i) => {
    const [, secret, until] = /^([^:]*)(?::(.*))?$/.exec(word)!;
    const wrong = (message: string): UserError =>
      new UserError(`token ${i + 1} ${message}`, {
        where,
        fix: "Write TOKEN or TOKEN:2026-12-31T00:00Z; `openssl rand -hex 32` makes a good one.",
      });
    if (!FORM.test(secret!)) throw wrong("has characters that no bearer token may have");
    if (secret!.length < SHORTEST) throw wrong(`is shorter than ${SHORTEST} characters`);
    const expires = until === undefined ? null : Date.parse(until);
    if (expires !== null && !(expires > 0 && /^\d{4}-\d\d-\d\d/.test(until!)))
      throw wrong("has an expiry that is no ISO date");
    return { digest: digestOf(secret!), expires };
  });
}

const digestOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

export type Verdict =
  | { readonly kind: "known"; readonly client: string }
  | { readonly kind: "none" | "malformed" | "unknown" | "expired" };

/** Who an Authorization header speaks for. Hashes are compared, all of them, each in constant time. */
export function judgeToken(header: string | undefined, tokens: readonly Token[], now: number): Verdict {
  if (header === undefined) return { kind: "none" };
  const secret = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1];
  if (secret === undefined) return { kind: "malformed" };
  const digest = digestOf(secret);
  let found: Token | undefined;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) found = token;
  if (found === undefined) return { kind: "unknown" };
  if (found.expires !== null && now >= found.expires) return { kind: "expired" };
  return { kind: "known", client: digest.toString("base64url").slice(0, 12) };
}
