/** Disorders of Orphadata's products (https://www.orphadata.com), one after the other, from XML or from the same as JSON. */
import { SaxesParser } from "saxes";
import { messageOf, UserError } from "../../core/errors.ts";
import { openPieces } from "../source.ts";

export const WHERE_ORPHADATA =
  "Orphanet's products are at https://www.orphadata.com; `disease knowledge pull` gets them.";

/** A piece of XML; of JSON, what a key holds. */
export interface Element {
  readonly name: string;
  text: string;
  readonly children: Element[];
}

export interface Product {
  /** "2025-12-09"; empty where it is not said. */
  readonly date: string;
  readonly disorders: number;
}

/** The first text at a path of names, e.g. "DisorderType", "Name"; "" where there is none. */
export function textAt(element: Element, ...path: readonly string[]): string {
  let at: Element | undefined = element;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at?.text.trim() ?? "";
}

/** All that lies at a path of names. */
export function allAt(element: Element, ...path: readonly string[]): readonly Element[] {
  return path.reduce<readonly Element[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/**
 * Reads a product, plain or gzipped; of XML no more than one disorder is held at once.
 * @throws UserError with the line where it is broken; when it is cut short, has a DTD, or holds no disorder
 */
export async function readDisorders(path: string, each: (disorder: Element) => void): Promise<Product> {
  let reader: Reader | undefined;
  let decoder = new TextDecoder();
  try {
    for await (const piece of (await openPieces(path)).pieces) {
      if (reader === undefined) {
        const start = new TextDecoder("latin1").decode(piece.subarray(0, 1000)).replace(/^\u00ef\u00bb\u00bf/, "");
        const isXml = start.trimStart().startsWith("<");
        decoder = new TextDecoder(/^<\?xml[^>]*encoding=["']([\w.-]+)["']/.exec(start)?.[1] ?? "utf-8");
        reader = isXml ? xmlReader(path, each) : jsonReader(path, each);
      }
      reader.write(decoder.decode(piece, { stream: true }));
    }
    reader?.write(decoder.decode());
  } catch (error) {
    throw error instanceof UserError ? error : broken(path, messageOf(error));
  }
  const product = reader?.close() ?? { date: "", disorders: 0 };
  if (product.disorders === 0) throw broken(path, "it holds no disorder");
  return product;
}

interface Reader {
  write(text: string): void;
  close(): Product;
}

const broken = (path: string, why: string, line?: number): UserError =>
  new UserError(`the product of Orphanet cannot be read: ${why}`, {
    where: line === undefined ? path : `${path}, line ${line}`,
    fix: WHERE_ORPHADATA,
  });

const DISORDER = "Disorder";
const dateOf = (text: unknown): string => /^\d{4}-\d{2}-\d{2}/.exec(String(text))?.[0] ?? "";

function xmlReader(path: string, each: (disorder: Element) => void): Reader {
  const parser = new SaxesParser();
  /** From the disorder that is being read downwards; empty between disorders. */
  const open: Element[] = [];
  let [date, disorders] = ["", 0];
  parser.on("doctype", () => {
    throw broken(
      path,
      "it has a document type, which Orphanet's files do not have and which could hold anything",
      parser.line,
    );
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "JDBOR") date = dateOf(attributes.date);
    if (open.length === 0 && name !== DISORDER) return;
    const element: Element = { name, text: "", children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    const inside = open.at(-1);
    if (inside !== undefined) inside.text += text;
  });
  parser.on("closetag", () => {
    const closed = open.pop();
    if (closed === undefined || open.length > 0) return;
    disorders++;
    each(closed);
  });
  const guarded = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      throw error instanceof UserError ? error : broken(path, messageOf(error).replace(/^\d+:\d+: /, ""), parser.line);
    }
  };
  return {
    write: (text) => guarded(() => parser.write(text)),
    close() {
      guarded(() => parser.close());
      return { date, disorders };
    },
  };
}

/** In JSON every element is a list of one object more, and a text in a language an object with `label`. */
function jsonReader(path: string, each: (disorder: Element) => void): Reader {
  const pieces: string[] = [];
  return {
    write: (text) => pieces.push(text),
    close() {
      let value: unknown;
      try {
        value = JSON.parse(pieces.join(""));
      } catch (error) {
        throw broken(path, messageOf(error));
      }
      const roots = elementsOf("root", value).flatMap(({ children }) => children);
      const date = dateOf(roots.flatMap(({ children }) => children).find(({ name }) => name === "date")?.text);
      let disorders = 0;
      const walk = (element: Element): void => {
        if (element.name === DISORDER) {
          disorders++;
          each(element);
        } else element.children.forEach(walk);
      };
      roots.forEach(walk);
      return { date, disorders };
    },
  };
}

function elementsOf(name: string, value: unknown): Element[] {
  if (Array.isArray(value)) return value.flatMap((one) => elementsOf(name, one));
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [{ name, text: String(value), children: [] }];
  const { label } = value as { label?: unknown };
  const children = Object.entries(value).flatMap(([key, inner]) => elementsOf(key, inner));
  return [{ name, text: typeof label === "string" ? label : "", children }];
}
