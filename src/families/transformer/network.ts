/** The network, once for training, prediction and ONNX: each gives the operations. */

/** Shape of the network. */
export interface Shape {
  readonly dim: number;
  readonly heads: number;
  readonly layers: number;
  readonly classes: number;
  readonly columns: number;
  /** Rows of the table of embeddings. */
  readonly entries: number;
}

export interface Parameter {
  readonly name: string;
  readonly dims: readonly [number] | readonly [number, number];
}

/** A dense layer NAME has the parameters NAME.weights and NAME.shift, a normalisation NAME.scale and NAME.shift. */
export function parametersOf({ dim, layers, classes, columns, entries }: Shape): Parameter[] {
  const dense = (name: string, inputs: number, outputs: number): Parameter[] => [
    { name: `${name}.weights`, dims: [inputs, outputs] },
    { name: `${name}.shift`, dims: [outputs] },
  ];
  const norm = (name: string): Parameter[] => [
    { name: `${name}.scale`, dims: [dim] },
    { name: `${name}.shift`, dims: [dim] },
  ];
  const blocks = Array.from({ length: layers }, (_, l) => [
    ...norm(`${l}.norm1`),
    ...dense(`${l}.query`, dim, dim),
    ...dense(`${l}.keyValue`, dim, 2 * dim),
    ...dense(`${l}.mix`, dim, dim),
    ...norm(`${l}.norm2`),
    ...dense(`${l}.up`, dim, 2 * dim),
    ...dense(`${l}.down`, 2 * dim, dim),
  ]);
  return [
    { name: "table", dims: [entries, dim] },
    ...blocks.flat(),
    ...norm("norm"),
    ...dense("head", dim, classes),
    ...dense("wide", columns, classes),
  ];
}

export interface Operations<V> {
  /** Embeddings of all tokens. */
  tokens(): V;
  /** The scaled columns. */
  columns(): V;
  /** Of the token of each patient. */
  first(x: V): V;
  dense(x: V, name: string, relu?: boolean): V;
  norm(x: V, name: string): V;
  /** @param first whether `query` is of the first tokens only */
  attention(query: V, keyValue: V, first: boolean): V;
  add(a: V, b: V): V;
}

/**
 * Scores of the classes: encoder blocks that normalise first (Xiong 2020) over the tokens, of the last one only what the
 * patient's own token needs, plus a linear part of all columns (wide and deep, Cheng 2016).
 */
export function scores<V>(ops: Operations<V>, layers: number): V {
  let x = ops.tokens();
  for (let l = 0; l < layers; l++) {
    const last = l === layers - 1;
    const normal = ops.norm(x, `${l}.norm1`);
    if (last) x = ops.first(x);
    const query = ops.dense(last ? ops.first(normal) : normal, `${l}.query`);
    const mixed = ops.attention(query, ops.dense(normal, `${l}.keyValue`), last);
    x = ops.add(x, ops.dense(mixed, `${l}.mix`));
    const hidden = ops.dense(ops.norm(x, `${l}.norm2`), `${l}.up`, true);
    x = ops.add(x, ops.dense(hidden, `${l}.down`));
  }
  return ops.add(ops.dense(ops.norm(x, "norm"), "head"), ops.dense(ops.columns(), "wide"));
}
