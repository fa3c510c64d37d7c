import type { Look } from "../../app.ts";
import { moment } from "../models-command.ts";
import { paint, visible } from "../text.ts";

const MARK = { pass: "good", fail: "bad", inconclusive: "warn" } as const;

/** What one look of a watch found and did, for people. */
export function lookLines(look: Look): string[] {
  const { model, version, at, verdict, predictions, labelled, events, alarms, rollback, sweep } = look;
  const fresh = new Set(events.map(({ id }) => id));
  const counts = `${predictions.toLocaleString("en")} predictions, ${labelled.toLocaleString("en")} with outcome`;
  const lines = [
    `${moment(at)}  ${visible(model)} version ${version}: ${paint(MARK[verdict], verdict)}; ${counts}`,
    ...look.rules.flatMap((rule) =>
      rule.verdict === "pass" ? [] : [`  ${visible(rule.rule)}: ${rule.verdict}: ${visible(rule.message)}`],
    ),
    ...events.map(({ type, id, message }) => {
      const text = `  alarm ${id} ${type === "raised" ? "raised" : "is over"}: ${message}`;
      return paint(type === "raised" ? "bad" : "good", visible(text));
    }),
    ...alarms.flatMap(({ raised, rule }) =>
      raised === null || fresh.has(raised.id)
        ? []
        : [paint("bad", visible(`  alarm ${raised.id} is on since ${moment(raised.at)}: ${rule}`))],
    ),
  ];
  if (rollback) {
    const { from, to, problem } = rollback;
    lines.push(
      to === null
        ? paint("bad", visible(`  version ${from} could not be taken back: ${problem}`))
        : paint("warn", `  version ${to} is the champion again in place of version ${from}`),
    );
  }
  if (sweep) lines.push(visible(`  sweep of ${sweep.file}: ${sweep.result}`));
  return lines;
}
