import type { GateEvaluation, Round } from "../app.ts";
import { ExitCode } from "../core/errors.ts";
import type { RuleVerdict, Verdict } from "../core/gate.ts";
import { renderTable } from "./table.ts";
import { number, paint, visible } from "./text.ts";

const MEANING = { pass: "good", fail: "bad", inconclusive: "warn" } as const;
const MARK = { pass: "✓", fail: "✗", inconclusive: "?" } as const;

/** 0, 3 (a rule fails) or 4 (one is inconclusive). */
export function exitCodeOfGate(verdict: Verdict): ExitCode {
  return { pass: ExitCode.ok, fail: ExitCode.gateFailed, inconclusive: ExitCode.inconclusive }[verdict];
}

/** Prints a table of verdicts, and what there is to say of those that are no pass. */
export function printVerdicts(rules: readonly RuleVerdict[], print: (line: string) => void): void {
  print(
    renderTable({
      columns: [
        { key: "verdict", title: "" },
        { key: "rule", title: "rule" },
        { key: "value", title: "value", align: "right" },
        { key: "interval", title: "interval", align: "right" },
        { key: "n", title: "n", align: "right" },
      ],
      rows: rules,
      show: (key, row) => cellOf(key, row as unknown as RuleVerdict),
    }),
  );
  for (const rule of rules.filter((r) => r.verdict !== "pass"))
    print(`${paint(MEANING[rule.verdict], MARK[rule.verdict])} ${visible(rule.message)}`);
}

export const paintedVerdict = (verdict: Verdict): string => paint(MEANING[verdict], `${MARK[verdict]} ${verdict}`);

/** Prints the verdicts of a gate for a person. */
export function printGate(outcome: GateEvaluation, print: (line: string) => void): void {
  printVerdicts(outcome.rules, print);
  if (outcome.championProblem !== null) print(`champion: ${visible(outcome.championProblem)}`);
  print("");
  print(`gate ${visible(outcome.gate)}: ${paintedVerdict(outcome.verdict)}   run ${outcome.runId.slice(0, 8)}`);
  print(
    paint(
      "dim",
      outcome.part === "test"
        ? `look number ${outcome.looks} of a gate at these ${outcome.patients} test patients`
        : `judged on ${outcome.patients} validation patients; no test patient was looked at`,
    ),
  );
}

/** Prints what a round changed, what it gained, and what the gate's rules say of the best on validation. */
export function printRound(round: Round, print: (line: string) => void): void {
  const { rules, gain } = round;
  const met = rules.filter((r) => r.verdict === "pass").length;
  print("");
  print(paint("strong", `round ${round.round}`));
  for (const change of round.changes) print(`  tried ${visible(change)}`);
  const gained =
    gain === null ? "" : `, ${gain > 0 ? "gained" : gain < 0 ? "lost" : "no gain:"} ${number(Math.abs(gain))}`;
  print(`  best ${visible(round.name)}: ${visible(round.metric)} ${number(round.value)}${gained}`);
  print(`  on validation ${met} of ${rules.length} rules pass`);
  for (const rule of rules.filter((r) => r.verdict !== "pass"))
    print(`  ${paint(MEANING[rule.verdict], MARK[rule.verdict])} ${visible(rule.message)}`);
  if (round.failed > 0) print(paint("warn", `  failed trials: ${round.failed}`));
  if (round.end !== null) print(`  the last round: ${visible(round.end)}`);
  print("");
}

function cellOf(key: string, row: RuleVerdict): string {
  switch (key) {
    case "verdict":
      return paintedVerdict(row.verdict);
    case "rule":
      return visible(row.rule);
    case "interval":
      return row.low === null || row.high === null ? "" : `${number(row.low)} … ${number(row.high)}`;
    case "n":
      return row.n === null ? "" : String(row.n);
    default:
      return row.value === null ? "" : number(row.value);
  }
}
