/** What the page asks for a model, and what of it are terms. */
import { z } from "zod";
import type { InputColumn, ServedModel } from "../../core/serving/serving.ts";
import type { TermSearch } from "../../core/serving/term-search.ts";

const HPO_ID = /^HP:\d{7}(?!\d)/;

/** The term that a column, or a level of a multilabel column, is named after: "HP:0001250 Seizure". */
export const termIn = (name: string): string | undefined => HPO_ID.exec(name)?.[0];

/** Terms that a table model has columns or levels for; empty where it has none. */
export function termsOf(input: readonly InputColumn[]): string[] {
  const names = input.flatMap(({ name, kind, levels }) => (kind === "multilabel" ? (levels ?? []) : [name]));
  return [...new Set(names.map(termIn).filter((id) => id !== undefined))];
}

const Column = z.object({
  name: z.string(),
  kind: z.enum(["numeric", "boolean", "categorical", "multilabel"]),
  levels: z.array(z.string()).optional(),
  term: z.string().optional().describe("Id of the HPO term that the column is about: 1 it is there, 0 it is not"),
  level_terms: z
    .array(z.string().nullable())
    .optional()
    .describe("Ids of the HPO terms that the levels are named after"),
});

export const ModelAnswer = z.object({
  kind: z.enum(["table", "cases"]),
  identity: z.object({
    name: z.string().nullable(),
    version: z.string().nullable(),
    run_id: z.string().nullable(),
    hash: z.string(),
    family: z.string(),
    code_version: z.string(),
    knowledge: z
      .object({ hash: z.string(), files: z.array(z.object({ what: z.string(), version: z.string() })) })
      .nullable(),
  }),
  languages: z.array(z.string()).describe("Of the terms' labels"),
  input: z.array(Column).optional().describe("Of a table model"),
  example: z.record(z.string(), z.unknown()).optional().describe("A made-up patient, of a table model"),
  target: z.string().optional(),
  classes: z.array(z.string()).optional(),
  diseases: z.number().optional().describe("How many a model of cases ranks"),
});

/** What GET /v1/model answers. */
export function describeModel(model: ServedModel, terms: TermSearch | null): z.infer<typeof ModelAnswer> {
  const { name, version, runId, hash, family, codeVersion, knowledge } = model.identity;
  const files = knowledge?.files.map((file) => ({ what: file.what, version: file.version })) ?? [];
  const both = {
    identity: {
      ...{ name, version, run_id: runId, hash, family, code_version: codeVersion },
      knowledge: knowledge && { hash: knowledge.hash, files },
    },
    languages: [...(terms?.languages ?? ["en"])],
  };
  if (model.kind === "cases") return { kind: "cases", ...both, diseases: model.diseases };
  const input = model.input.map(({ name: column, kind, levels }) => ({
    ...{ name: column, kind },
    ...(levels && { levels: [...levels] }),
    ...(kind === "multilabel" && { level_terms: (levels ?? []).map((level) => termIn(level) ?? null) }),
    ...((kind === "boolean" || kind === "numeric") && { term: termIn(column) }),
  }));
  return {
    kind: "table",
    ...both,
    input,
    example: { ...model.example },
    target: model.target,
    classes: [...model.classes],
  };
}
