/**
 * Gradients of the operations that families build on. tfjs keeps them in files that Node cannot import and that only its
 * larger packages register; the registry is one for all backends, so these are written in tf's own operations.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tf } from "./types.ts";

interface Gradient {
  /** Inputs that the gradient needs, by name; the output follows them when `output` is true. */
  readonly inputs?: readonly string[];
  readonly output?: boolean;
  /** Instead of `inputs`, where there are any number. */
  readonly allInputs?: boolean;
  /** A gradient an input, computed when it is asked for. */
  grad(dy: Tensor, saved: Tensor[], attrs: Record<string, unknown>): Record<string, () => Tensor>;
}

/** Registers each gradient that is not there yet. */
export function registerGradients(tf: Tf): void {
  for (const [kernelName, { inputs = [], output = false, allInputs = false, grad }] of Object.entries(
    gradientsOf(tf),
  )) {
    if (tf.getGradient(kernelName) !== undefined) continue;
    tf.registerGradient({
      kernelName,
      inputsToSave: [...inputs],
      saveAllInputs: allInputs,
      outputsToSave: [output],
      gradFunc: (dy, saved, attrs) => grad(dy as Tensor, saved, attrs as unknown as Record<string, unknown>),
    });
  }
}

function gradientsOf(tf: Tf): Readonly<Record<string, Gradient>> {
  /** Sums what was broadcast from `shape`. */
  const unbroadcast = (dy: Tensor, shape: number[]): Tensor => {
    const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
    return tf.reshape(axes.length === 0 ? dy : tf.sum(dy, axes), shape);
  };
  /** dy of a reduction, with its axes of length 1 back. */
  const expanded = (dy: Tensor, x: Tensor, axis: unknown): Tensor => {
    const axes = tf.util.parseAxisParam((axis ?? null) as number, x.shape);
    return tf.reshape(
      dy,
      x.shape.map((length, k) => (axes.includes(k) ? 1 : length)),
    );
  };
  const binary = (da: (dy: Tensor, a: Tensor, b: Tensor) => Tensor, db: typeof da): Gradient => ({
    inputs: ["a", "b"],
    grad: (dy, [a, b]) => ({
      a: () => unbroadcast(da(dy, a!, b!), a!.shape),
      b: () => unbroadcast(db(dy, a!, b!), b!.shape),
    }),
  });
  const ofInput = (dx: (dy: Tensor, x: Tensor, attrs: Record<string, unknown>) => Tensor): Gradient => ({
    inputs: ["x"],
    grad: (dy, [x], attrs) => ({ x: () => dx(dy, x!, attrs) }),
  });
  const ofOutput = (dx: (dy: Tensor, y: Tensor) => Tensor): Gradient => ({
    output: true,
    grad: (dy, [y]) => ({ x: () => dx(dy, y!) }),
  });
  const erfSlope = 2 / Math.sqrt(Math.PI);
  return {
    Add: binary(
      (dy) => dy,
      (dy) => dy,
    ),
    Sub: binary(
      (dy) => dy,
      (dy) => tf.neg(dy),
    ),
    Multiply: binary(
      (dy, _, b) => tf.mul(dy, b),
      (dy, a) => tf.mul(dy, a),
    ),
    RealDiv: binary(
      (dy, _, b) => tf.div(dy, b),
      (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
    ),
    SquaredDifference: binary(
      (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
      (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
    ),
    BatchMatMul: {
      inputs: ["a", "b"],
      grad(dy, [a, b], { transposeA, transposeB }) {
        const [ta, tb] = [transposeA as boolean, transposeB as boolean];
        return {
          a: () => unbroadcast(ta ? tf.matMul(b!, dy, tb, true) : tf.matMul(dy, b!, false, !tb), a!.shape),
          b: () => unbroadcast(tb ? tf.matMul(dy, a!, true, ta) : tf.matMul(a!, dy, !ta, false), b!.shape),
        };
      },
    },
    Sum: ofInput((dy, x, { axis }) => tf.mul(expanded(dy, x, axis), tf.ones(x.shape))),
    Mean: ofInput((dy, x, { axis }) => {
      const wide = expanded(dy, x, axis);
      return tf.mul(wide, tf.fill(x.shape, dy.size / x.size));
    }),
    Neg: ofInput((dy) => tf.neg(dy)),
    Square: ofInput((dy, x) => tf.mul(dy, tf.mul(2, x))),
    Log: ofInput((dy, x) => tf.div(dy, x)),
    Abs: ofInput((dy, x) => tf.mul(dy, tf.sign(x))),
    Erf: ofInput((dy, x) => tf.mul(dy, tf.mul(erfSlope, tf.exp(tf.neg(tf.square(x)))))),
    Relu: ofOutput((dy, y) => tf.mul(dy, tf.step(y))),
    Exp: ofOutput((dy, y) => tf.mul(dy, y)),
    Sqrt: ofOutput((dy, y) => tf.div(dy, tf.mul(2, y))),
    Rsqrt: ofOutput((dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y))))),
    Tanh: ofOutput((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
    Sigmoid: ofOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
    Softmax: {
      output: true,
      grad: (dy, [y], { dim }) => ({
        logits: () => {
          const product = tf.mul(dy, y!);
          return tf.sub(product, tf.mul(tf.sum(product, dim as number, true), y!));
        },
      }),
    },
    LogSoftmax: {
      output: true,
      grad: (dy, [y], { axis }) => ({
        logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis as number, true), tf.exp(y!))),
      }),
    },
    Reshape: ofInput((dy, x) => tf.reshape(dy, x.shape)),
    ExpandDims: {
      inputs: ["input"],
      grad: (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }),
    },
    Identity: ofInput((dy) => tf.clone(dy)),
    Cast: ofInput((dy) => tf.clone(dy)),
    Transpose: ofInput((dy, _, { perm }) => tf.transpose(dy, inverse(perm as number[]))),
    Slice: ofInput((dy, x, attrs) => {
      const [begin, size] = tf.slice_util.parseSliceParams(x, attrs.begin as number[], attrs.size as number[]);
      return tf.pad(
        dy,
        x.shape.map((length, k) => [begin[k]!, length - begin[k]! - size[k]!]),
      );
    }),
    SplitV: {
      grad: (dy, _, { axis }) => ({ x: () => tf.concat(dy as unknown as Tensor[], axis as number) }),
    },
    Concat: {
      allInputs: true,
      grad(dy, parts, { axis }) {
        const [along] = tf.util.parseAxisParam(axis as number, parts[0]!.shape);
        const sizes = parts.map(({ shape }) => shape[along!]!);
        const pieces = tf.split(dy, sizes, along!);
        return Object.fromEntries(pieces.map((piece, k) => [String(k), () => piece]));
      },
    },
    GatherV2: {
      inputs: ["x", "indices"],
      grad: (dy, [x, indices], { axis, batchDims }) => ({
        x: () => {
          if (axis !== 0 || batchDims) throw new Error("the gradient of gather is for axis 0 only");
          const rows = tf.reshape(dy, [indices!.size, ...x!.shape.slice(1)]);
          return tf.unsortedSegmentSum(rows, tf.reshape(tf.cast(indices!, "int32"), [indices!.size]), x!.shape[0]!);
        },
        indices: () => tf.zerosLike(indices!),
      }),
    },
    Select: {
      inputs: ["condition"],
      grad: (dy, [condition]) => ({
        condition: () => tf.zeros(condition!.shape),
        t: () => tf.mul(dy, tf.cast(condition!, "float32")),
        e: () => tf.mul(dy, tf.cast(tf.logicalNot(condition!), "float32")),
      }),
    },
  };
}

function inverse(perm: readonly number[]): number[] {
  const undo = perm.map(() => 0);
  perm.forEach((axis, k) => {
    undo[axis] = k;
  });
  return undo;
}
