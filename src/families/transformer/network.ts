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

/** Each has a start of its own: see train.ts. */
export function parametersOf({ dim, layers, classes, columns, entries }: Shape): Parameter[] {
  const blocks = Array.from({ length: layers }, (_, l): Parameter[] => [
    { name: `${l}.query`, dims: [dim, dim] },
    { name: `${l}.keyValue`, dims: [dim, 2 * dim] },
    { name: `${l}.mix`, dims: [dim, dim] },
    { name: `${l}.up`, dims: [dim, 2 * dim] },
    { name: `${l}.up.shift`, dims: [2 * dim] },
    { name: `${l}.down`, dims: [2 * dim, dim] },
  ]);
  return [
    { name: "table", dims: [entries, dim] },
    ...blocks.flat(),
    { name: "head", dims: [dim, classes] },
    { name: "wide", dims: [columns, classes] },
    { name: "wide.shift", dims: [classes] },
  ];
}

export interface Operations<V> {
  /** Embeddings of all tokens. */
  tokens(): V;
  /** The scaled columns · NAME + NAME.shift */
  linear(name: string): V;
  /** Of the token of each patient. */
  first(x: V): V;
  /** x · NAME */
  product(x: V, name: string): V;
  /** x · NAME + NAME.shift, ReLU, in training dropout */
  hidden(x: V, name: string): V;
  norm(x: V): V;
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
    const normal = ops.norm(x);
    if (last) x = ops.first(x);
    const query = ops.product(last ? ops.norm(x) : normal, `${l}.query`);
    const mixed = ops.attention(query, ops.product(normal, `${l}.keyValue`), last);
    x = ops.add(x, ops.product(mixed, `${l}.mix`));
    x = ops.add(x, ops.product(ops.hidden(ops.norm(x), `${l}.up`), `${l}.down`));
  }
  return ops.add(ops.product(ops.norm(x), "head"), ops.linear("wide"));
}
