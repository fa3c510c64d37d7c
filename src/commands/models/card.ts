import { Args, Flags } from "@oclif/core";
import { type ModelCard, modelCard } from "../../app.ts";
import { ModelsCommand } from "../../cli/models-command.ts";
import { paint, visible, visibleLines } from "../../cli/text.ts";

export default class ModelsCard extends ModelsCommand {
  static override summary = "Write the model card of a version or a run, with the TRIPOD+AI checklist.";
  static override description =
    `Everything in it comes from the run, the registry and the audit trail, or from what people say in a facts file
(experiments/cards/NAME.yaml); what nobody has said is printed as a gap, with who must fill it. Markdown on standard output when
neither --out nor --html is given. Each registration and promotion keeps the card with the run, as card/model-card.md and .html.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> quickstart@champion",
    "<%= config.bin %> <%= command.id %> quickstart/3 --out card.html",
    "<%= config.bin %> <%= command.id %> 3f2a9c1e --facts experiments/cards/quickstart.yaml --html",
    "<%= config.bin %> <%= command.id %> quickstart@champion --log",
  ];
  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: "NAME (newest), NAME@alias, NAME/VERSION, models:/…, or a run's id",
      required: true,
    }),
  };
  static override flags = {
    out: Flags.string({
      char: "o",
      description: "Write the card to a .md or .html file",
      env: "DISEASE_OUT",
      helpValue: "FILE",
    }),
    md: Flags.boolean({
      description: "Print Markdown (when neither --out nor --html is given)",
      env: "DISEASE_MD",
      exclusive: ["html", "json"],
    }),
    html: Flags.boolean({ description: "Print the HTML page", env: "DISEASE_CARD_HTML", exclusive: ["md", "json"] }),
    facts: Flags.string({
      description: "What people say of the model; experiments/cards/NAME.yaml when absent",
      env: "DISEASE_FACTS",
      helpValue: "FILE",
    }),
    log: Flags.boolean({
      description: "Keep the card with the run and name it on the version",
      env: "DISEASE_CARD_LOG",
    }),
  };

  async run(): Promise<Omit<ModelCard, "html">> {
    const { args, flags } = await this.parse(ModelsCard);
    const { html, ...card } = await this.withModels(
      flags,
      (bench) => modelCard(this.projectOf(flags), bench, args.model, flags),
      { readOnly: !flags.log },
    );
    if (flags.html) this.log(html.trimEnd());
    else if (flags.md || (flags.out === undefined && !flags.log)) this.log(visibleLines(card.markdown.trimEnd()));
    else {
      for (const file of card.written) this.log(paint("good", `wrote ${visible(file)}`));
      for (const path of card.logged) this.log(paint("good", `kept as ${visible(path)} of run ${card.runId}`));
      this.log(visible(`TRIPOD+AI: ${card.summary}`));
    }
    return card;
  }
}
