import { Args } from "@oclif/core";
import { loadExperiment, type PlanView, plan, planView } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import {
  formatFlags,
  formatOf,
  maxTrialsFlag,
  overridesOf,
  searchFlags,
  searchOverrides,
  setFlag,
} from "../../cli/flags.ts";
import { renderTable } from "../../cli/table.ts";
import { number, paint, visible } from "../../cli/text.ts";

export default class ExpPlan extends BaseCommand {
  static override summary =
    "Show the data as understood, the split and the trials of an experiment file, without running.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> experiments/quickstart.yaml",
    "<%= config.bin %> <%= command.id %> quickstart --set families.logistic.C=0.1,1,10",
    "<%= config.bin %> <%= command.id %> search --strategy random --trials 20",
    "<%= config.bin %> <%= command.id %> quickstart --csv > trials.csv",
  ];

  static override args = {
    file: Args.string({
      ignoreStdin: true,
      description: "Experiment file, or its name in experiments/",
      required: true,
    }),
  };
  static override flags = { set: setFlag, "max-trials": maxTrialsFlag, ...searchFlags, ...formatFlags };

  async run(): Promise<PlanView> {
    const { args, flags } = await this.parse(ExpPlan);
    const project = this.projectOf(flags);
    const experiment = await loadExperiment(project, args.file, [...overridesOf(flags.set), ...searchOverrides(flags)]);
    const view = planView(await plan(project, experiment, { maxTrials: flags["max-trials"] }));
    const format = formatOf(flags);
    const trials = renderTable(
      {
        columns: [
          { key: "name", title: "trial" },
          { key: "family", title: "family" },
          { key: "preparation", title: "preparation" },
          { key: "key", title: "key" },
        ],
        rows: view.trials,
        show: (key, row) => visible(key === "key" ? String(row.key).slice(0, 12) : String(row[key])),
      },
      format,
    );
    if (format !== "table") {
      this.log(trials);
      return view;
    }
    const heading = (text: string): void => this.log(paint("strong", visible(text)));
    heading(
      `${view.data.source}: ${view.data.rows} rows, target ${view.data.target} (${view.data.classes.length} classes)`,
    );
    this.log(
      renderTable({
        columns: [
          { key: "name", title: "column" },
          { key: "role", title: "role" },
          { key: "kind", title: "type" },
          { key: "origin", title: "" },
          { key: "missing", title: "missing", align: "right" },
          { key: "content", title: "content" },
        ],
        rows: view.data.columns,
        show: (key, row) =>
          key === "missing"
            ? row.missing === 0
              ? ""
              : `${number(100 * Number(row.missing), 1)} %`
            : visible(String(row[key] ?? "")),
      }),
    );
    this.log("");
    heading(
      `split, seed ${view.split.seed}: ${view.split.train} train, ${view.split.validation} validation, ${view.split.test} test`,
    );
    this.log(paint("dim", visible(view.split.method)));
    this.log(
      renderTable({
        columns: ["name", "train", "validation", "test"].map((key, i) => ({
          key,
          title: i === 0 ? "class" : key,
          align: i === 0 ? "left" : "right",
        })),
        rows: view.split.classes,
      }),
    );
    for (const notice of view.notices) this.log(paint("warn", `note: ${visible(notice)}`));
    this.log("");
    const { search } = view;
    const isSearch = experiment.search.strategy.kind === "sequence";
    if (isSearch) {
      const points = search.points === null ? "a space without end" : `a space of ${search.points} points`;
      heading(`search: ${points}`);
      this.log(
        renderTable({
          columns: ["family", "key", "space", "when"].map((key) => ({ key, title: key })),
          rows: search.spaces,
        }),
      );
    }
    if (isSearch || experiment.config.search) {
      for (const sentence of search.course) this.log(visible(sentence));
      this.log("");
    }
    heading(`${isSearch ? "the first " : ""}${view.trials.length} trials`);
    this.log(trials);
    return view;
  }
}
