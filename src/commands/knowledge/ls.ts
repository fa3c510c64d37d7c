import { type KnowledgeListing, listKnowledge } from "../../app.ts";
import { BaseCommand } from "../../cli/base-command.ts";
import { formatFlags, formatOf } from "../../cli/flags.ts";
import { knowledgeFlag } from "../../cli/knowledge/flags.ts";
import { ageText, countsText } from "../../cli/knowledge/view.ts";
import { type Cell, renderTable } from "../../cli/table.ts";
import { paint, size, visible } from "../../cli/text.ts";

export default class KnowledgeLs extends BaseCommand {
  static override summary =
    "List the files of the knowledge base: releases, hashes, what is in them, and what is missing.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --knowledge ~/hpo --json",
  ];
  static override flags = { knowledge: knowledgeFlag, ...formatFlags };

  async run(): Promise<KnowledgeListing> {
    const { flags } = await this.parse(KnowledgeLs);
    const listing = await listKnowledge(this.projectOf(flags), flags.knowledge);
    const format = formatOf(flags);
    const columns = [
      { key: "what", title: "what" },
      { key: "name", title: "file" },
      { key: "release", title: "release" },
      { key: "age", title: "age", align: "right" as const },
      { key: "holds", title: "holds" },
      { key: "bytes", title: "size", align: "right" as const },
      { key: "sha256", title: "SHA-256" },
      { key: "source", title: "source" },
    ];
    const rows = listing.files.map((file) => ({ ...file, holds: file.problem ?? countsText(file.counts) }));
    const show = (key: string, row: Readonly<Record<string, Cell>>): string => {
      if (key === "age") return ageText(row.age as number | null);
      if (key === "bytes") return size(Number(row.bytes));
      if (key === "sha256") return String(row.sha256).slice(0, 12);
      if (key === "holds" && row.problem) return paint("bad", visible(String(row.problem)));
      return visible(String(row[key] || "–"));
    };
    const hash = listing.hash === null ? "cannot be loaded" : `hash ${listing.hash.slice(0, 16)}`;
    if (format !== "csv") this.log(`${visible(listing.folder)}  ${paint("dim", hash)}`);
    this.log(renderTable({ columns, rows, show }, format));
    if (format === "csv") return listing;
    for (const { what, kept } of listing.files)
      if (kept.length > 0) this.log(paint("dim", `kept of ${what}: ${kept.map(visible).join(", ")}`));
    if (listing.excerpt)
      this.notify({ message: "this is an excerpt to try things out; `disease knowledge pull` gets the whole files" });
    if (listing.missing.length > 0) {
      this.log(`\n${paint("strong", "Not here")}`);
      const missing = [
        { key: "title", title: "file" },
        { key: "gives", title: "gives" },
        { key: "how", title: "how to get it" },
      ];
      this.log(renderTable({ columns: missing, rows: listing.missing }, format));
    }
    return listing;
  }
}
