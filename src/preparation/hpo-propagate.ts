import { z } from "zod";
import type { BooleanColumn, Column, Frame, MultilabelColumn } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { ONNX_TYPES, type OnnxBuilder, type OnnxFrame } from "../core/onnx.ts";
import type { FittedStep, Step } from "../core/step.ts";
import { claimName, countLevels, isNumbers, type NumberColumn } from "./_columns.ts";
import { doubles, gatherNumbers } from "./_onnx.ts";
import { newTerms, openTerms, packTerms, Terms, type TermTree } from "./hpo/terms.ts";

/** More new columns than this are refused. */
const MOST_COLUMNS = 5000;

const Params = z.strictObject({
  ontology: z
    .string()
    .min(1)
    .default("data/hp.obo")
    .describe("The Human Phenotype Ontology: hp.obo or hp.json, .gz too; relative to the project"),
  add: z
    .enum(["shared", "all", "none"])
    .default("shared")
    .describe(
      "Which ancestors that the data do not have are added: those that join two or more of the data's terms (and say what no " +
        "term below them says), all, or none",
    ),
});
type Params = z.infer<typeof Params>;

const State = z.object({
  release: z.string(),
  /** Columns that are terms. */
  sources: z.array(z.string()),
  /** Columns that are switched on by others. */
  outputs: z.array(
    z.object({
      name: z.string(),
      added: z.boolean(),
      /** indices of sources: the term itself and what is below it */
      from: z.array(z.int()),
    }),
  ),
  /** Symptom lists that hold terms, and the terms that each may have besides its own. */
  lists: z.array(z.object({ name: z.string(), ancestors: z.array(z.string()) })),
  /** Kept where there are lists: a new patient may have any term. */
  terms: Terms.nullable(),
});
type State = z.infer<typeof State>;

/**
 * Symptoms that are terms of the HPO switch on what is more general: who has febrile seizures has seizures. Terms are boolean or 0/1
 * columns whose name begins with an id (HP:0001250), and labels of multi-label columns; alternative and replaced ids count as what
 * stands for them today. An added column is missing where none of its terms is there and some are missing. Labels get the id that
 * stands today; one that training has not seen still switches on its ancestors. What is no known term stays as it is.
 */
export const step: Step<Params> = {
  id: "hpo-propagate",
  title: "Propagate HPO terms",
  description: "A symptom that is an HPO term switches on the more general terms",
  params: Params,
  files: ({ ontology }) => [ontology],

  async fit({ frame, params, signal, knowledge }) {
    signal.throwIfAborted();
    if (!knowledge) throw new Error("hpo-propagate was given no knowledge");
    const ontology = await knowledge.ontology(params.ontology);
    signal.throwIfAborted();
    const terms = packTerms(ontology);
    const tree = openTerms(terms);
    const taken = new Set(frame.columns.map(({ name }) => name));
    const numbers = frame.columns.filter(isNumbers).filter(({ name }) => tree.known(name) !== undefined);
    for (const column of numbers) requireYesNo(column);
    const lists = frame.columns.flatMap((column) => {
      if (column.kind !== "multilabel") return [];
      const counts = countLevels(column);
      const seen = column.levels.filter((_, code) => counts[code] > 0);
      const present = new Set(seen.flatMap((label) => tree.known(label) ?? []));
      return present.size === 0 ? [] : [{ name: column.name, ancestors: ancestorsOf(tree, present, params) }];
    });
    if (numbers.length === 0 && lists.length === 0) {
      throw refusal("no column is an HPO term, and no symptom list holds one", [
        "Name yes/no columns by their term, such as HP:0001250, or give terms as a multilabel column.",
        "Put hpo-propagate before encode.",
      ]);
    }
    return fitted({
      release: ontology.release,
      sources: numbers.map(({ name }) => name),
      outputs: outputsOf(tree, numbers, params, taken),
      lists,
      terms: lists.length > 0 ? terms : null,
    });
  },

  load: (state) => fitted(State.parse(state)),
};

/** Ids that are not in `present`; for `none` those are only between the terms themselves. */
function ancestorsOf(tree: TermTree, present: ReadonlySet<string>, { add }: Params): string[] {
  const added = add === "none" ? [] : newTerms(tree, present, add);
  if (added.length > MOST_COLUMNS) {
    throw refusal(`${added.length} ancestors would be added; at most ${MOST_COLUMNS} are`, ["Set its add to shared."]);
  }
  return [...present, ...added].sort();
}

function outputsOf(
  tree: TermTree,
  numbers: readonly NumberColumn[],
  params: Params,
  taken: Set<string>,
): State["outputs"] {
  if (numbers.length === 0) return [];
  const ids = numbers.map(({ name }) => tree.known(name)!);
  const present = new Set(ids);
  const under = new Map<string, number[]>();
  ids.forEach((id, i) => {
    for (const term of tree.withAncestors(id)) under.set(term, [...(under.get(term) ?? []), i]);
  });
  const own = numbers.map(({ name }, i) => ({ name, added: false, from: under.get(ids[i])! }));
  const added = ancestorsOf(tree, present, params).filter((id) => !present.has(id));
  return [
    ...own.filter(({ from }) => from.length > 1),
    ...added.map((id) => ({ name: claimName(taken, id), added: true, from: under.get(id)! })),
  ];
}

/** @throws UserError when a term's column holds more than yes and no */
function requireYesNo({ name, values }: NumberColumn): void {
  if (values.every((value) => value === 0 || value === 1 || Number.isNaN(value))) return;
  throw refusal(`column ${JSON.stringify(name)} is an HPO term, but holds other values than 0 and 1`, [
    "Put hpo-propagate before scale.",
    "If the data hold other values: write whether the patient has the symptom, or give the column another name.",
  ]);
}

function fitted(state: State): FittedStep {
  const lists = new Map(state.lists.map(({ name, ancestors }) => [name, new Set(ancestors)]));
  const tree = state.terms && openTerms(state.terms);
  const transform = (frame: Frame): Frame => {
    const byName = new Map(frame.columns.filter(isNumbers).map((column) => [column.name, column.values]));
    const sources = state.sources.map((name) => byName.get(name) ?? new Float64Array(frame.rows).fill(Number.NaN));
    const made = new Map(
      state.outputs.map(({ name, added, from }) => {
        const values = added ? new Float64Array(frame.rows) : sources[state.sources.indexOf(name)].slice();
        for (const i of from) switchOn(values, sources[i], added);
        return [name, values];
      }),
    );
    const columns = frame.columns.map((column): Column => {
      const values = isNumbers(column) ? made.get(column.name) : undefined;
      if (isNumbers(column)) return values ? { ...column, values } : column;
      const ancestors = lists.get(column.name);
      return tree && ancestors && column.kind === "multilabel" ? propagated(column, tree, ancestors) : column;
    });
    const added = state.outputs.flatMap(({ name, added }): BooleanColumn[] =>
      added ? [{ kind: "boolean", name, values: made.get(name)! }] : [],
    );
    return { rows: frame.rows, columns: [...columns, ...added] };
  };
  // Labels of a list cannot be joined anew in ONNX.
  if (state.lists.length > 0) return { state, transform };
  return { state, transform, toOnnx: (graph, frame) => inGraph(graph, frame, state) };
}

/** @param unknowns whether a missing source makes a 0 missing */
function switchOn(values: Float64Array, source: Float64Array, unknowns: boolean): void {
  for (let row = 0; row < values.length; row++) {
    if (source[row] > 0) values[row] = 1;
    else if (unknowns && Number.isNaN(source[row]) && values[row] === 0) values[row] = Number.NaN;
  }
}

/** A symptom list with the terms of each row, by the ids that stand today, and their ancestors. */
function propagated(column: MultilabelColumn, tree: TermTree, ancestors: ReadonlySet<string>): MultilabelColumn {
  const labelsOf = column.levels.map((label): readonly string[] => {
    const id = tree.known(label);
    if (id === undefined) return [label];
    return tree.withAncestors(id).filter((term) => term === id || ancestors.has(term));
  });
  const levels = [...new Set(labelsOf.flat())].sort();
  const codeOf = new Map(levels.map((label, code) => [label, code]));
  const codesOf = labelsOf.map((labels) => labels.map((label) => codeOf.get(label)!));
  const rows = column.missing.length;
  const offsets = new Uint32Array(rows + 1);
  const codes: number[] = [];
  for (let row = 0; row < rows; row++) {
    const own = new Set<number>();
    for (let at = column.offsets[row]; at < column.offsets[row + 1]; at++) {
      for (const code of codesOf[column.codes[at]]) own.add(code);
    }
    for (const code of [...own].sort((a, b) => a - b)) codes.push(code);
    offsets[row + 1] = codes.length;
  }
  return { ...column, levels, offsets, codes: Int32Array.from(codes) };
}

function inGraph(graph: OnnxBuilder, frame: OnnxFrame, { sources, outputs }: State): OnnxFrame {
  const values = gatherNumbers(graph, frame, sources);
  const zero = doubles(graph, [0]);
  const asDouble = (value: string): string => graph.apply("Cast", [value], { to: ONNX_TYPES.double });
  const on = asDouble(graph.apply("Greater", [values, zero]));
  /** For each target: whether any of its sources is flagged. */
  const any = (flags: string, targets: readonly (State["outputs"][number] | undefined)[]): string => {
    const links = new Float64Array(sources.length * targets.length);
    targets.forEach((target, j) => {
      for (const i of target?.from ?? []) links[i * targets.length + j] = 1;
    });
    const constant = graph.constant({ dims: [sources.length, targets.length], data: links });
    return graph.apply("Greater", [graph.apply("MatMul", [flags, constant]), zero]);
  };
  const own = new Map(outputs.filter(({ added }) => !added).map((output) => [output.name, output]));
  const parts = frame.map((part) => {
    if (part.kind !== "numbers") return part;
    const targets = part.columns.map(({ name }) => own.get(name));
    if (targets.every((target) => target === undefined)) return part;
    return { ...part, value: graph.apply("Where", [any(on, targets), doubles(graph, [1]), part.value]) };
  });
  const added = outputs.filter((output) => output.added);
  if (added.length === 0) return parts;
  const missing = any(asDouble(graph.apply("IsNaN", [values])), added);
  const others = graph.apply("Where", [missing, doubles(graph, [Number.NaN]), zero]);
  const value = graph.apply("Where", [any(on, added), doubles(graph, [1]), others]);
  return [...parts, { kind: "numbers", columns: added.map(({ name }) => ({ name, kind: "boolean" })), value }];
}

const refusal = (message: string, fix: readonly string[]): UserError =>
  new UserError(message, { where: 'preparation step "hpo-propagate"', fix });
