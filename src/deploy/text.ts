import { stringify } from "yaml";

/** Texts of users in the languages of deployments, so that none of them takes a part of a name for its own. */

/** For a comment: on one line, without what a terminal would act on. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�");
}

/** A value in a Dockerfile, where variables and quotes have a meaning. */
export function dockerValue(text: string): string {
  return `"${oneLine(text).replaceAll(/["\\$]/g, "\\$&")}"`;
}

/** For a compose file, which puts variables in. */
export function composeValue(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/** Lines of comment with "# ". */
export function comment(lines: readonly string[]): string {
  return lines.map((line) => `${`# ${oneLine(line)}`.trimEnd()}\n`).join("");
}

/**
 * A YAML document under lines of comment. All texts are quoted as in JSON: readers of YAML 1.1 (Kubernetes, compose) and 1.2
 * disagree about which bare words are texts.
 */
export function yaml(value: unknown, head: readonly string[] = []): string {
  const body = stringify(value, {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    doubleQuotedAsJSON: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  return `${comment(head)}${body}`;
}
