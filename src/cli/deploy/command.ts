import { Args, Flags } from "@oclif/core";
import { type Deployed, type DeployTarget, deploy } from "../../app.ts";
import { BaseCommand } from "../base-command.ts";
import { paint, visible } from "../text.ts";

/** What the commands that write deployments share. */
export abstract class DeployCommand extends BaseCommand {
  static deployArgs = {
    model: Args.string({
      ignoreStdin: true,
      description: "models:/NAME@champion, or models:/NAME/VERSION",
      required: true,
    }),
  };

  static deployFlags = {
    out: Flags.string({
      char: "o",
      description: "Folder to write to; deploy/TARGET/NAME of the project when absent",
      env: "DISEASE_DEPLOY_OUT",
      helpValue: "DIR",
    }),
    force: Flags.boolean({ description: "Overwrite files that differ", env: "DISEASE_DEPLOY_FORCE" }),
    "dry-run": Flags.boolean({ description: "Say what would be written, and write nothing", env: "DISEASE_DRY_RUN" }),
  };

  /** Flag for the name of the image that is built. */
  static imageFlag = Flags.string({
    description: "Name of the image; made of the model's name, version and hash when absent",
    env: "DISEASE_IMAGE",
    helpValue: "NAME:TAG",
  });

  static nodeImageFlag = Flags.string({
    description: "Base image, best with its digest: node:24-bookworm-slim@sha256:…",
    env: "DISEASE_NODE_IMAGE",
    helpValue: "NAME:TAG@DIGEST",
    default: "node:24-bookworm-slim",
  });

  protected async write(
    address: string,
    flags: {
      readonly out?: string;
      readonly force: boolean;
      readonly "dry-run": boolean;
    } & Parameters<BaseCommand["projectOf"]>[0],
    target: DeployTarget,
  ): Promise<Deployed> {
    const options = { address, out: flags.out, force: flags.force, dryRun: flags["dry-run"] };
    const deployed = await deploy(this.projectOf(flags), target, options, this.notify);
    const { model, folder, files, isWritten, next, notices } = deployed;
    this.log(paint("strong", `${visible(model.address)} is version ${visible(model.version)}, in ${visible(folder)}:`));
    const words = isWritten
      ? { new: "written  ", changed: "replaced ", same: "unchanged" }
      : { new: "new      ", changed: "differs  ", same: "unchanged" };
    for (const { path, state } of files) this.log(`  ${words[state]} ${visible(path)}`);
    for (const message of notices) this.notify({ message });
    this.log(isWritten ? "\nnext:" : "\nnothing was written; next would be:");
    for (const line of next) this.log(`  ${line.startsWith("#") ? paint("dim", visible(line)) : visible(line)}`);
    return deployed;
  }
}
