/** Fields of nested columns as columns of their own. */
import type { LakeColumn } from "../../core/lake.ts";
import { identifier } from "../engine/duck.ts";
import { uniqueNames } from "../names.ts";

export interface Field extends LakeColumn {
  /** What gives its value. */
  readonly sql: string;
}

/** Fields of structs by their path, "a.b"; lists and maps stay as they are. */
export function fieldsOf(columns: readonly LakeColumn[]): readonly Field[] {
  const fields = columns.flatMap((column) => leaves(column.name, column.type, identifier(column.name)));
  const { names } = uniqueNames(fields.map(({ name }) => name));
  return fields.map((field, i) => ({ ...field, name: names[i]! }));
}

function leaves(name: string, type: string, sql: string): readonly Field[] {
  const inner = structFields(type);
  if (inner === undefined) return [{ name, type, sql }];
  return inner.flatMap((field) => leaves(`${name}.${field.name}`, field.type, `${sql}.${identifier(field.name)}`));
}

/** Of "STRUCT(a BIGINT, "b c" STRUCT(d DATE))"; undefined for other types. */
export function structFields(type: string): readonly LakeColumn[] | undefined {
  if (!type.startsWith("STRUCT(") || !type.endsWith(")")) return undefined;
  const parts: string[] = [];
  let [depth, from, isQuoted] = [0, 0, false];
  const body = type.slice("STRUCT(".length, -1);
  for (let i = 0; i < body.length; i++) {
    const char = body[i];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(body.slice(from, i).trim());
      from = i + 1;
    }
  }
  parts.push(body.slice(from).trim());
  return parts.map((part) => {
    const quoted = /^"((?:[^"]|"")*)" (.+)$/s.exec(part);
    if (quoted) return { name: quoted[1]!.replaceAll('""', '"'), type: quoted[2]! };
    const space = part.indexOf(" ");
    return { name: part.slice(0, space), type: part.slice(space + 1) };
  });
}
