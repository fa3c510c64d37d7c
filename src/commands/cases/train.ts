import { Args, Flags } from "@oclif/core";
import { type TrainedCases, trainCases } from "../../app.ts";
import { CasesCommand } from "../../cli/cases/command.ts";
import { leavePublicationOutFlag, rankingFlags } from "../../cli/cases/flags.ts";
import { releaseLine } from "../../cli/cases/view.ts";
import { paint } from "../../cli/text.ts";

const { method: _, ...flags } = rankingFlags;

export default class CasesTrain extends CasesCommand {
  static override summary = "Learn the ranker orphan from solved cases, for `cases rank --model`.";
  static override description =
    "What is learned goes to a file, to a run of an experiment, or both. It holds the solved cases' terms: keep it as you keep them.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> solved.zip --knowledge ~/hpo --out orphan.bin",
    "<%= config.bin %> <%= command.id %> solved.zip --experiment orphan --leave-publication-out",
  ];

  static override args = {
    cases: Args.string({ ignoreStdin: true, description: "Solved phenopackets: a folder or .zip", required: true }),
  };
  static override flags = {
    ...flags,
    experiment: Flags.string({
      description: "Experiment that gets a run with the ranker; orphan when there is no --out",
      env: "DISEASE_EXPERIMENT",
      helpValue: "NAME",
    }),
    out: Flags.string({ char: "o", description: "File for the ranker", env: "DISEASE_OUT", helpValue: "FILE" }),
    seed: Flags.integer({ description: "Seed", env: "DISEASE_SEED", default: 1 }),
    threads: Flags.integer({ description: "Threads", env: "DISEASE_THREADS", min: 1, max: 1024, default: 1 }),
    "leave-publication-out": leavePublicationOutFlag,
  };

  async run(): Promise<TrainedCases> {
    const { args, flags } = await this.parse(CasesTrain);
    const { out, seed, threads } = flags;
    const result = await trainCases(this.projectOf(flags), args.cases, {
      knowledge: flags.knowledge,
      candidates: flags.candidates,
      enriched: flags.evidence === "all",
      leavePublicationOut: flags["leave-publication-out"],
      seed,
      threads,
      out,
      experiment: flags.experiment ?? (out === undefined ? "orphan" : undefined),
      signal: new AbortController().signal,
      notify: this.notify,
    });
    const where = [result.run === null ? "" : `run ${result.run}`, result.out ?? ""].filter((part) => part !== "");
    this.log(
      `${result.cases} cases among ${result.candidates} diseases → ${where.join(", ")}  ${paint("dim", releaseLine(result.knowledge))}`,
    );
    return result;
  }
}
