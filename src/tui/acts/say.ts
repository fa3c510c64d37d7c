/** What a person is told of an act that has ended. Pure. */
import { type Act, type ActOutcome, type AliasMove, type RunAct, type Stopped, sentenceOf } from "../../app.ts";
import { visible } from "../../core/formats/visible.ts";

export interface Said {
  readonly meaning: "good" | "warn" | "bad";
  /** One sentence. */
  readonly text: string;
  /** What else there is to know, a line each. */
  readonly lines: readonly string[];
  /** Commands that take it back. */
  readonly undo: readonly string[];
}

const DONE: Readonly<Record<RunAct["act"], string>> = {
  tag: "tagged",
  note: "noted",
  delete: "deleted",
  restore: "restored",
};

export function said(outcome: ActOutcome): Said {
  if ("error" in outcome) {
    const { where, fix } = outcome;
    const lines = [...(where === undefined ? [] : [`at: ${where}`]), ...fix.map((line) => `fix: ${line}`)];
    return { meaning: "bad", text: outcome.error, lines: lines.map(visible), undo: [] };
  }
  const result = outcome.result as Act | RunAct | AliasMove | Stopped;
  if ("gate" in result) return saidOfModel(result);
  if ("runs" in result) return saidOfRuns(result);
  if ("kind" in result) {
    const text = result.kind === "trial" ? `stopped ${result.name ?? result.runId}` : "stopped the sweep";
    const id = result.runId?.slice(0, 8) ?? "";
    return good(text, result.kind === "trial" ? [] : [`go on with: disease exp resume ${id}`]);
  }
  const { model, alias, before, after, undo } = result;
  const text =
    after === null ? `@${alias} is taken away from version ${before}` : `@${alias} is version ${after} of ${model}`;
  return good(text, [], undo === null ? [] : [undo]);
}

const good = (text: string, lines: readonly string[] = [], undo: readonly string[] = []): Said => ({
  ...{ meaning: "good", text, lines, undo },
});

function saidOfModel(act: Act): Said {
  const { result, undo, model } = act;
  const meaning = result === "awaiting" ? "warn" : result === "refused" || result === "inconclusive" ? "bad" : "good";
  const lines = result === "awaiting" ? [`approve with: disease models approve ${model}`] : [];
  return { meaning, text: sentenceOf(act), lines, undo: undo === null ? [] : [undo] };
}

function saidOfRuns({ act, runs, undo }: RunAct): Said {
  const changed = runs.filter((run) => run.changed);
  const what = changed.length === 1 ? changed[0]!.name : `${changed.length} runs`;
  const text = changed.length === 0 ? "it was so already" : `${DONE[act]} ${what}`;
  return {
    ...good(
      text,
      runs.map(({ runId, name }) => visible(`${runId.slice(0, 8)} ${name}`)),
      undo,
    ),
  };
}
