import { hashBytes } from "../core/hash.ts";

/** Room for what is put behind a name: "-default-deny", "-production". */
const LONGEST = 40;

/**
 * A name for resources, made of a registered model's: an RFC 1035 label (a–z, 0–9 and "-", begins with a letter), which every
 * target takes. What the name loses is made up for by a part of its hash, so that two models never share one.
 * @param longest characters
 */
export function resourceName(model: string, longest = LONGEST): string {
  const plain = model
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const whole = `disease-${plain}`;
  if (plain !== "" && plain === model && whole.length <= longest) return whole;
  const mark = hashBytes(model).slice(0, 8);
  const head = whole.slice(0, longest - mark.length - 1).replace(/-+$/, "");
  return `${head}-${mark}`;
}

/** The image's name where the user gives none; the tag says version and files. */
export function imageName(model: { readonly name: string; readonly version: string; readonly hash: string }): string {
  return `${resourceName(model.name)}:${model.version}-${model.hash.slice(0, 12)}`;
}

/** An image as its name, tag and digest. */
export interface ImageRef {
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
}

/**
 * Reads NAME[:TAG][@sha256:DIGEST].
 * @returns undefined when it is none
 */
export function parseImage(text: string): ImageRef | undefined {
  const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
  const host = "(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/)?";
  const match = new RegExp(
    `^(${host}${part}(?:/${part})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
  ).exec(text);
  if (!match) return undefined;
  const [, name, tag, digest] = match;
  return { name: name!, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}
