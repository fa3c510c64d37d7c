import type { FastifyRequest } from "fastify";
import { badRequest, Refusal } from "../refusal.ts";

/** Bodies are kept as bytes until a route reads them by one of these. */

/** The type of a body without its parameters. @throws Refusal 415 for an encoding other than UTF-8 */
export function mediaType(request: FastifyRequest): string {
  const [type, ...parameters] = (request.headers["content-type"] ?? "").split(";").map((part) => part.trim());
  for (const parameter of parameters) {
    const [name, value = ""] = parameter.toLowerCase().split("=");
    if (name === "charset" && !/^"?utf-?8"?$/.test(value)) {
      throw new Refusal(415, "BAD_REQUEST", "The scoring server only supports UTF-8");
    }
  }
  return type!.toLowerCase();
}

/** @throws Refusal 400 */
export function textBody(request: FastifyRequest): string {
  const { body } = request;
  if (!Buffer.isBuffer(body)) return "";
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw badRequest("The body is not valid UTF-8");
  }
}

/**
 * JSON, and what Python writes for missing and infinite numbers besides: NaN becomes null, Infinity a number too large for any column.
 * @throws Refusal 400, without a piece of the text
 */
export function jsonBody(request: FastifyRequest): unknown {
  const text = textBody(request);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw malformed(error);
  }
  try {
    return JSON.parse(text.replace(TOKENS, (token) => SPOKEN.get(token) ?? token));
  } catch (error) {
    throw malformed(error);
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
const SPOKEN: ReadonlyMap<string, string> = new Map([
  ["NaN", "null"],
  ["Infinity", "1e999"],
  ["-Infinity", "-1e999"],
]);

function malformed(error: unknown): Refusal {
  const at = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  const place = at === undefined ? "" : ` It breaks off or goes wrong at character ${at}.`;
  return badRequest(`Ensure that input is a valid JSON formatted string.${place}`);
}
