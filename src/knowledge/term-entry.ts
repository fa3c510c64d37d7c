/** What a file of the HPO says of one term beyond an ontology's names and parents: read when it is asked for. */
import { plainText, readBytes } from "./source.ts";

export interface TermEntry {
  readonly name: string;
  /** "" where there is none */
  readonly definition: string;
  readonly comment: string;
  readonly obsolete: boolean;
  /** Ids that an obsolete one could stand for, the successor first. */
  readonly instead: readonly string[];
  /** "UMLS:C0024796", "SNOMEDCT_US:19346006" */
  readonly xrefs: readonly string[];
}

const FIX = "hp.obo and hp.json are at https://hpo.jax.org/data/ontology.";

/** @returns undefined where the file has no such id @throws UserError when it cannot be read */
export async function readTermEntry(path: string, id: string): Promise<TermEntry | undefined> {
  const text = plainText(await readBytes(path, "ontology", FIX), path, "ontology", FIX);
  return /^\s*\{/.test(text) ? fromJson(text, id) : fromObo(text, id);
}

function fromObo(text: string, id: string): TermEntry | undefined {
  const start = new RegExp(`^\\[Term\\]\\r?\\nid: ${id}\\s*$`, "m").exec(text)?.index;
  if (start === undefined) return undefined;
  const end = text.indexOf("\n[", start);
  const lines = text.slice(start, end < 0 ? undefined : end).split(/\r?\n/);
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}: `)).map((line) => line.slice(key.length + 2).trim());
  const word = (value: string): string => value.split(/\s/, 1)[0]!;
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(values("def")[0] ?? "")?.[1] ?? "";
  return {
    name: values("name")[0] ?? "",
    definition: quoted.replace(/\\(.)/g, "$1"),
    comment: values("comment")[0] ?? "",
    obsolete: values("is_obsolete")[0]?.startsWith("true") ?? false,
    instead: [...values("replaced_by"), ...values("consider")].map(word),
    xrefs: values("xref").map(word),
  };
}

interface Node {
  readonly id: string;
  readonly lbl?: string;
  readonly meta?: {
    readonly deprecated?: boolean;
    readonly definition?: { readonly val: string };
    readonly comments?: readonly string[];
    readonly xrefs?: readonly { readonly val: string }[];
    readonly basicPropertyValues?: readonly { readonly pred: string; readonly val: string }[];
  };
}

function fromJson(text: string, id: string): TermEntry | undefined {
  const { graphs } = JSON.parse(text) as { graphs?: { nodes?: Node[] }[] };
  const end = `/${id.replace(":", "_")}`;
  const node = graphs?.flatMap(({ nodes }) => nodes ?? []).find((one) => one.id.endsWith(end));
  if (node === undefined) return undefined;
  const { meta } = node;
  const values = (pred: string): string[] =>
    (meta?.basicPropertyValues ?? [])
      .filter((one) => one.pred.endsWith(pred))
      .map(({ val }) => val.replace(/^.*\/([A-Z]+)_(\d+)$/, "$1:$2"));
  return {
    name: node.lbl ?? "",
    definition: meta?.definition?.val ?? "",
    comment: meta?.comments?.[0] ?? "",
    obsolete: meta?.deprecated ?? false,
    instead: [...values("IAO_0100001"), ...values("consider")],
    xrefs: (meta?.xrefs ?? []).map(({ val }) => val),
  };
}
