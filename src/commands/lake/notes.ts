import { Args, Flags } from "@oclif/core";
import { type GoldNotes, judgeNotes, type ReadNotes, readNotes } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { renderTable } from "../../cli/table.ts";
import { paint, visible } from "../../cli/text.ts";
import { ExitCode, UserError } from "../../core/errors.ts";

export default class LakeNotes extends BaseCommand {
  static override summary = "Find phenotypes (HPO) in free-text notes, in English and Spanish.";
  static override description =
    `Prints what every note tells of: the words with their place, the term, and whether it is present, excluded, uncertain, or said of the
family. Notes are text, PDF with text in it, or CDA. Nothing is stored, and the lake is not needed; \`lake add\` takes notes in.

With --gold, a folder of notes (NAME.txt) that people annotated (NAME.tsv: HPO id, status, words; with tabs between), it prints precision,
recall and F1, by language and status. Exit code 6 when a note could not be read.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> note.txt",
    "<%= config.bin %> <%= command.id %> notes/ --lang es --json",
    "<%= config.bin %> <%= command.id %> --gold annotated/ --knowledge ~/hpo",
  ];
  static override args = {
    notes: Args.string({ ignoreStdin: true, description: "A note, or a folder of notes" }),
  };
  static override flags = {
    lang: Flags.option({
      description: "Language of the notes; found out for each when auto",
      env: "DISEASE_NOTES_LANG",
      options: ["en", "es", "auto"] as const,
      default: "auto" as const,
    })(),
    gold: Flags.string({
      description: "Judge by the annotated notes in this folder",
      env: "DISEASE_GOLD",
      helpValue: "FOLDER",
    }),
    knowledge: Flags.string({
      description: "Folder with hp.obo or hp.json; the project's data/knowledge, else the excerpt that ships",
      env: "DISEASE_KNOWLEDGE",
      helpValue: "DIR",
    }),
  };

  async run(): Promise<ReadNotes | GoldNotes> {
    const { args, flags } = await this.parse(LakeNotes);
    const project = this.projectOf(flags);
    const { knowledge, lang, gold } = flags;
    if ((args.notes === undefined) === (gold === undefined)) {
      throw new UserError("give notes to read, or a folder with annotated ones", {
        fix: "disease lake notes note.txt, or disease lake notes --gold FOLDER",
      });
    }
    if (gold !== undefined) {
      const report = await judgeNotes(project, gold, { knowledge });
      this.printGold(report);
      return report;
    }
    const result = await readNotes(project, args.notes ?? "", { lang, knowledge });
    this.print(result);
    if (result.problems.length > 0) process.exitCode = ExitCode.trialsFailed;
    return result;
  }

  private print({ release, terms, notes, problems }: ReadNotes): void {
    for (const { name, lang, mentions } of notes) {
      this.log(`${paint("dim", visible(name))}  ${lang}, ${mentions.length} found`);
      if (mentions.length === 0) continue;
      this.log(
        renderTable({
          columns: [
            { key: "line", title: "line", align: "right" },
            { key: "place", title: "place", align: "right" },
            { key: "status", title: "status" },
            { key: "term", title: "term" },
            { key: "label", title: "label" },
            { key: "matched", title: "words" },
            { key: "cue", title: "because of" },
          ],
          rows: mentions.map(({ line, start, end, status, term, label, matched, cue }) => ({
            line,
            place: `${start}–${end}`,
            status,
            term,
            label,
            matched: matched.replace(/\s+/g, " "),
            cue: cue?.text.replace(/\s+/g, " ") ?? "",
          })),
        }),
      );
    }
    for (const { name, line, reason } of problems)
      this.log(paint("warn", visible(`${name}${line === undefined ? "" : `:${line}`} could not be read: ${reason}`)));
    this.log(paint("dim", `${visible(release)}, ${terms.toLocaleString("en")} terms`));
  }

  private printGold({ release, terms, notes, all, concepts, groups }: GoldNotes): void {
    const rows = [
      ...groups,
      { lang: "both", status: "all", ...all },
      { lang: "both", status: "whatever the status", ...concepts },
    ];
    const share = (x: number): string => (Number.isNaN(x) ? "" : x.toFixed(3));
    this.log(
      renderTable({
        columns: [
          { key: "lang", title: "language" },
          { key: "status", title: "status" },
          ...["annotated", "found", "right", "precision", "recall", "f1"].map((key) => ({
            key,
            title: key === "f1" ? "F1" : key,
            align: "right" as const,
          })),
        ],
        rows: rows.map(({ lang, status, hits, false: extra, missed, precision, recall, f1 }) => ({
          lang,
          status,
          annotated: hits + missed,
          found: hits + extra,
          right: hits,
          precision: share(precision),
          recall: share(recall),
          f1: share(f1),
        })),
      }),
    );
    this.log(paint("dim", `${notes} notes; ${visible(release)}, ${terms.toLocaleString("en")} terms`));
  }
}
