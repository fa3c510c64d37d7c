import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../core/errors.ts";
import { parseLocated, zodError } from "../experiments/located.ts";

const FILE = "disease.yaml";
const ADDRESS = z.strictObject({ uri: z.string().min(1) });
const SETTINGS = z.strictObject({ tracking: ADDRESS.optional(), lake: ADDRESS.optional() });

/**
 * An address of a project's disease.yaml, and where it is written; undefined where it has none.
 * @throws UserError for a wrong file
 */
export function addressOf(
  root: string,
  what: keyof z.infer<typeof SETTINGS>,
): { readonly uri: string; readonly where: string } | undefined {
  const file = join(root, FILE);
  if (!existsSync(file)) return undefined;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, { where: file });
  }
  const yaml = parseLocated(FILE, text);
  const parsed = SETTINGS.safeParse(yaml.value ?? {});
  if (!parsed.success) {
    throw zodError(parsed.error, yaml, [], (path) => Object.keys(path.length === 0 ? SETTINGS.shape : ADDRESS.shape));
  }
  const uri = parsed.data[what]?.uri;
  return uri === undefined ? undefined : { uri, where: yaml.where([what, "uri"]) };
}
