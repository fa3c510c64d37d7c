import { Args } from "@oclif/core";
import { type FeedbackResult, giveFeedback } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { paint, visible } from "../../cli/text.ts";

export default class MonitorFeedback extends BaseCommand {
  static override summary = "Tell what became of the patients that a model was asked about.";
  static override description =
    `The file has a header (or is NDJSON) with \`outcome\`, a class of the model, and \`prediction_id\`, which the answer gave, or
\`patient\`, the key that the client gave (kept hashed alone); \`time\`, when it was known, may be there: an outcome by patient says
nothing of predictions made after it. Of several rows on one patient the last holds. Rows whose prediction is not in the log are
left out and listed. The same file again adds nothing. Exit code 2 when the file cannot be used; nothing is kept then.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> skin outcomes.csv",
    "<%= config.bin %> <%= command.id %> models:/skin@champion outcomes.ndjson --json",
    'psql -c "COPY (SELECT patient, outcome, time FROM biopsies) TO STDOUT CSV HEADER" | <%= config.bin %> <%= command.id %> skin -',
  ];
  static override args = {
    model: Args.string({ ignoreStdin: true, description: "NAME, models:/…, or runs:/ID/model", required: true }),
    file: Args.string({ ignoreStdin: true, description: "CSV or NDJSON; - reads standard input", required: true }),
  };

  async run(): Promise<FeedbackResult> {
    const { args, flags } = await this.parse(MonitorFeedback);
    const result = await giveFeedback(this.projectOf(flags), args.model, args.file, this.notify);
    this.log(
      `${visible(result.model)}: ${count(result.added, "outcome")} added, ${result.known} known before, ${count(result.open, "row")} without an outcome`,
    );
    const warn = ({ count: n, rows }: FeedbackResult["unknown"], what: string): void => {
      if (n > 0)
        this.log(paint("warn", `${count(n, "row")} ${what}: ${rows.join(", ")}${n > rows.length ? ", …" : ""}`));
    };
    warn(result.unknown, "of no prediction in the log, left out");
    warn(result.conflicting, "say another outcome than a later one of the same patient, which holds");
    if (result.repeated.count > result.conflicting.count)
      warn(result.repeated, "come again later in the file; the last holds");
    warn(result.changed, "take the place of another outcome that was given before");
    return result;
  }
}

const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
