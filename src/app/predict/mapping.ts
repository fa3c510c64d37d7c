/** Reads the file of `--mapping`. */
import { UserError } from "../../core/errors.ts";
import { parseLocated } from "../../experiments/located.ts";
import { Mapping } from "../../serving/clinical/mapping.ts";
import { type Project, readText, showPath } from "../project.ts";

/** @throws UserError naming the line that is wrong */
export function readMapping(project: Project, file: string): Mapping {
  const yaml = parseLocated(showPath(project, file), readText(file));
  const read = Mapping.safeParse(yaml.value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  const place = path.map((part) => (typeof part === "number" ? part : String(part)));
  throw new UserError(`${place.join(".")}: ${message}`.replace(/^: /, ""), {
    where: yaml.where(place),
    fix: "docs/clinical-api.md says what a mapping holds.",
  });
}
