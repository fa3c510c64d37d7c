import { escapeXml } from "../core/formats/markup.ts";
import type { GateOutcome, RuleVerdict, Verdict } from "../core/gate.ts";
import { markdownText, printable } from "./_text.ts";

/** What a report of a gate may say beside its verdicts. */
export interface GateReportExtra {
  /** Name of the candidate. */
  readonly candidate?: string;
  /** Whatever the act was, one sentence: "Version 3 of skin was promoted to Production." */
  readonly act?: string;
  /** Why the champion could not be compared. */
  readonly championProblem?: string | null;
  readonly leaderboard?: {
    readonly metric: string;
    readonly rows: readonly {
      readonly rank: number | null;
      readonly name: string;
      readonly value: number | null;
      readonly sd: number | null;
      readonly tied: boolean;
    }[];
  };
  /** What differs between champion and candidate. */
  readonly diff?: readonly {
    readonly key: string;
    readonly champion: string | number | null;
    readonly candidate: string | number | null;
  }[];
}

/**
 * JUnit XML: one test case a rule. An inconclusive rule is a <failure> too, since CI systems show skipped tests as harmless.
 * Elements and attributes are those of Jenkins' junit-10.xsd, which GitLab and the GitHub actions read as well.
 */
export function gateJunit(outcome: GateOutcome): string {
  const { gate, rules } = outcome;
  const failures = rules.filter((r) => r.verdict !== "pass").length;
  const counts = `tests="${rules.length}" failures="${failures}" errors="0"`;
  const properties = Object.entries(factsOf(outcome)).map(
    ([name, value]) => `      <property name="${xml(name)}" value="${xml(value)}"/>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="disease gates" ${counts} time="0">`,
    `  <testsuite name="${xml(`gate ${gate}`)}" ${counts} skipped="0" time="0">`,
    "    <properties>",
    ...properties,
    "    </properties>",
    ...rules.map((rule) => testCase(gate, rule)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(gate: string, { rule, verdict, value, low, high, n, message }: RuleVerdict): string {
  const numbers = Object.entries({ value, low, high, n }).flatMap(([name, x]) => (x === null ? [] : [`${name}: ${x}`]));
  const detail = xml([message, ...numbers].join("\n"));
  const body =
    verdict === "pass"
      ? `<system-out>${detail}</system-out>`
      : `<failure type="${verdict}" message="${xml(`${verdict}: ${message}`)}">${detail}</failure>`;
  return `    <testcase classname="${xml(`gate.${gate}`)}" name="${xml(rule)}" time="0">\n      ${body}\n    </testcase>`;
}

function factsOf(outcome: GateOutcome): Record<string, string> {
  return {
    verdict: outcome.verdict,
    run: outcome.runId,
    champion: outcome.championRunId ?? "none",
    looks: String(outcome.looks),
    "gate sha-256": outcome.gateHash,
    "data sha-256": outcome.dataHash,
    "model sha-256": outcome.modelHash,
  };
}

/** Text of an attribute or element; what XML 1.0 cannot hold becomes a space. Line breaks are kept as references. */
function xml(text: string): string {
  const lines = text.split("\n").map((line) => printable(line));
  return escapeXml(lines.join("\n")).replaceAll("\n", "&#10;");
}

const MARKS: Readonly<Record<Verdict, string>> = {
  pass: "✅ pass",
  fail: "❌ fail",
  inconclusive: "⚠️ inconclusive",
};

/** Markdown fit for a comment on a pull request: verdicts, what they rest on, leaderboard, difference to the champion. */
export function gateMarkdown(outcome: GateOutcome, extra: GateReportExtra = {}): string {
  const { gate, verdict, rules, runId, championRunId, looks } = outcome;
  const subject = extra.candidate === undefined ? "" : `${markdownText(extra.candidate)}, `;
  const lines = [
    `## Gate ${markdownText(gate)}: ${MARKS[verdict]}`,
    "",
    `${subject}run \`${code(runId)}\`; ${championText(championRunId, extra.championProblem)}. ${looksText(looks)}`,
  ];
  if (extra.act !== undefined) lines.push("", `**${markdownText(extra.act)}**`);
  lines.push(
    "",
    ...table(
      ["", "rule", "value", "interval", "n", ""],
      rules.map((r) => [
        MARKS[r.verdict],
        markdownText(r.rule),
        number(r.value),
        r.low === null || r.high === null ? "" : `${number(r.low)} … ${number(r.high)}`,
        number(r.n),
        r.verdict === "pass" && r.value !== null ? "" : markdownText(r.message),
      ]),
    ),
  );
  if (extra.leaderboard) {
    const { metric, rows } = extra.leaderboard;
    lines.push("", "### Leaderboard (validation)", "");
    lines.push(
      ...table(
        ["#", "", "trial", metric],
        rows.map((r) => [
          number(r.rank),
          r.tied ? "≈" : "",
          markdownText(r.name),
          r.sd === null ? number(r.value) : `${number(r.value)} ± ${number(r.sd)}`,
        ]),
      ),
      "",
      "≈ a paired bootstrap cannot tell it from the best",
    );
  }
  if (extra.diff && extra.diff.length > 0) {
    const cell = (value: string | number | null): string =>
      typeof value === "number" ? number(value) : value === null ? "" : markdownText(value);
    lines.push("", "### Against the champion", "");
    lines.push(
      ...table(
        ["", "champion", "candidate"],
        extra.diff.map((d) => [markdownText(d.key), cell(d.champion), cell(d.candidate)]),
      ),
    );
  }
  lines.push("", "<details><summary>Hashes</summary>", "");
  for (const [what, hash] of [
    ["gate", outcome.gateHash],
    ["data", outcome.dataHash],
    ["model", outcome.modelHash],
  ] as const) {
    lines.push(`- ${what} \`${code(hash)}\``);
  }
  lines.push("", "</details>", "");
  return lines.join("\n");
}

function championText(runId: string | null, problem?: string | null): string {
  if (problem) return `not compared with the champion: ${markdownText(problem)}`;
  return runId === null ? "no champion yet" : `compared with the champion, run \`${code(runId)}\``;
}

/** How often this test set was looked at, and what that means. */
export function looksText(looks: number): string {
  if (looks === 0) return "Judged on validation: no test patient was looked at.";
  if (looks === 1) return "The first look at these test patients.";
  return `Look number ${looks} at these test patients: the more often one chooses by them, the more they flatter.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

const code = (text: string): string => printable(text).replaceAll("`", "'");

function number(value: number | null): string {
  if (value === null || Number.isNaN(value)) return "";
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}
