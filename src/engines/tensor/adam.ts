/** Adam with decoupled weight decay (Kingma 2015, Loshchilov 2019). */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tensors } from "./types.ts";

export interface AdamOptions {
  /** Weight decay of each parameter; its share of the learning rate is taken off at each step. */
  readonly decay: readonly number[];
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface Adam {
  /** The parameters as they stand; on openblas the same tensors after each step, elsewhere new ones. */
  readonly params: readonly Tensor[];
  /** A step down; `grads` are not disposed. */
  step(grads: readonly Tensor[], learningRate: number): void;
  /** Disposes parameters and state. */
  dispose(): void;
}

/** @param start parameters, which the optimizer takes over: it writes into them and disposes them */
export function createAdam(tensors: Tensors, start: readonly Tensor[], options: AdamOptions): Adam {
  return tensors.backend === undefined ? composed(tensors, start, options) : fused(tensors, start, options);
}

function fused({ backend }: Tensors, params: readonly Tensor[], options: AdamOptions): Adam {
  const { decay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const moments = params.map(({ size }) => ({ first: new Float32Array(size), second: new Float32Array(size) }));
  let steps = 0;
  return {
    params,
    step(grads, learningRate) {
      steps++;
      const rate = learningRate / (1 - beta1 ** steps);
      const correction = 1 / Math.sqrt(1 - beta2 ** steps);
      grads.forEach((grad, i) => {
        const { first, second } = moments[i]!;
        const keep = 1 - learningRate * decay[i]!;
        const state = { p: backend!.floats(params[i]!), g: backend!.floats(grad), first, second };
        update(state, { rate, correction, keep, beta1, beta2, epsilon });
      });
    },
    dispose() {
      for (const tensor of params) tensor.dispose();
    },
  };
}

function update(
  { p, g, first, second }: Readonly<Record<"p" | "g" | "first" | "second", Float32Array>>,
  {
    rate,
    correction,
    keep,
    beta1,
    beta2,
    epsilon,
  }: Readonly<Record<"rate" | "correction" | "keep" | "beta1" | "beta2" | "epsilon", number>>,
): void {
  const [rest1, rest2] = [1 - beta1, 1 - beta2];
  for (let i = 0; i < p.length; i++) {
    const slope = g[i]!;
    const m = beta1 * first[i]! + rest1 * slope;
    const v = beta2 * second[i]! + rest2 * slope * slope;
    first[i] = m;
    second[i] = v;
    p[i] = p[i]! * keep - (rate * m) / (Math.sqrt(v) * correction + epsilon);
  }
}

/** The same from tf's own operations. */
function composed({ tf }: Tensors, start: readonly Tensor[], options: AdamOptions): Adam {
  const { decay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  let state = start.map((p) => [p, tf.zerosLike(p), tf.zerosLike(p)] as const);
  let steps = 0;
  return {
    get params() {
      return state.map(([p]) => p);
    },
    step(grads, learningRate) {
      steps++;
      const rate = learningRate / (1 - beta1 ** steps);
      const correction = 1 / Math.sqrt(1 - beta2 ** steps);
      const old = state;
      state = old.map(([p, first, second], i) =>
        tf.tidy(() => {
          const grad = grads[i]!;
          const m = tf.add(tf.mul(first, beta1), tf.mul(grad, 1 - beta1));
          const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(grad), 1 - beta2));
          const move = tf.div(tf.mul(m, rate), tf.add(tf.mul(tf.sqrt(v), correction), epsilon));
          const next = tf.sub(tf.mul(p, 1 - learningRate * decay[i]!), move);
          // Kept, since the step may stand in a tidy of the caller's.
          return [tf.keep(next), tf.keep(m), tf.keep(v)] as const;
        }),
      );
      tf.dispose(old.map((tensorsOf) => [...tensorsOf]));
    },
    dispose() {
      tf.dispose(state.map((tensorsOf) => [...tensorsOf]));
    },
  };
}
