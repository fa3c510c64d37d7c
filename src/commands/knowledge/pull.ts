import { Args, Flags } from "@oclif/core";
import { type Pulled, type PullResult, pullKnowledge } from "../../app.ts";
import { BaseCommand, renderError } from "../../cli/base-command.ts";
import { countsText } from "../../cli/knowledge/view.ts";
import { paint, size, visible } from "../../cli/text.ts";
import { ExitCode, UserError } from "../../core/errors.ts";

export default class KnowledgePull extends BaseCommand {
  static override summary = "Bring files of knowledge into the project: HPO, its annotations, Orphanet, OMIM.";
  static override description =
    `A file is read whole before it takes the old one's place; the old one is kept, and --release brings it back. Release, SHA-256 and source of
each are recorded in knowledge.json beside the files. Without WHAT all that is open to everybody is pulled. No other command uses the network for
knowledge. Proxies: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. The key for OMIM's licensed files is DISEASE_OMIM_KEY.

WHAT: hpo, hpoa, orphanet-phenotypes, orphanet-prevalence, orphanet-xref, orphanet-names-es, hpo-es, omim-mim2gene, omim-genemap2,
omim-titles; orphanet (packed) from a file of your own.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> hpo hpoa --release 2025-01-16",
    "<%= config.bin %> <%= command.id %> --from ~/downloads/en_product4.xml",
    "<%= config.bin %> <%= command.id %> hpo --from https://purl.obolibrary.org/obo/hp.json --to ~/hpo",
    "DISEASE_OMIM_KEY=… <%= config.bin %> <%= command.id %> omim-genemap2",
  ];
  static override strict = false;
  static override args = {
    what: Args.string({ ignoreStdin: true, description: "Kinds of files; all that are open when absent" }),
  };
  static override flags = {
    from: Flags.string({
      description: "A file or folder here, the address of a file, or of a folder where it ends with /",
      env: "DISEASE_PULL_FROM",
      helpValue: "URL|FILE|DIR",
    }),
    to: Flags.string({
      description: "Folder; the project's data/knowledge when absent",
      env: "DISEASE_PULL_TO",
      helpValue: "DIR",
    }),
    release: Flags.string({
      description: "A kept release by its date or hash, or one that the publisher still has (hpo, hpoa)",
      env: "DISEASE_PULL_RELEASE",
      helpValue: "RELEASE",
    }),
    timeout: Flags.integer({
      description: "Seconds without a byte after which an answer is given up",
      env: "DISEASE_PULL_TIMEOUT",
      min: 1,
      max: 3600,
      default: 60,
    }),
  };

  async run(): Promise<Omit<PullResult, "failures"> & { failures: { what: string; error: unknown }[] }> {
    const { argv, flags } = await this.parse(KnowledgePull);
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    process.once("SIGINT", stop);
    try {
      const result = await pullKnowledge(this.projectOf(flags), {
        what: argv as string[],
        from: flags.from,
        to: flags.to,
        release: flags.release,
        timeout: flags.timeout * 1000,
        signal: abort.signal,
        onStart: (what, source) => this.logToStderr(paint("dim", `${what} ← ${visible(source)}`, process.stderr)),
      });
      for (const file of result.files) this.show(file);
      for (const { what, error } of result.failures) this.logToStderr(`${what}: ${renderError(error)}`);
      const [failure] = result.failures;
      if (failure !== undefined) process.exitCode = failure.error.exitCode;
      if (result.missing.length > 0 && result.files.length > 0)
        this.notify({
          message: `${visible(result.folder)} has no ${result.missing.join(", no ")} yet, which every command needs`,
        });
      const failures = result.failures.map(({ what, error }) => ({
        what,
        ...(this.toErrorJson(error) as { error: unknown }),
      }));
      return { ...result, failures };
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      throw new UserError("interrupted: what was pulled before stays, and the rest is as it was", {
        exitCode: ExitCode.interrupted,
      });
    } finally {
      process.removeListener("SIGINT", stop);
    }
  }

  private show({ what, state, release, sha256, bytes, counts, replaced }: Pulled): void {
    const told = state === "new" ? paint("good", "new") : paint("dim", "unchanged");
    this.log(
      `${paint("strong", what)} ${visible(release || "no date")}  ${told}  ${countsText(counts)}, ${size(bytes)}`,
    );
    this.log(paint("dim", `  SHA-256 ${sha256}${replaced === undefined ? "" : `, in place of ${visible(replaced)}`}`));
  }
}
