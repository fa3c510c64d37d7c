/** Makes scores of candidates probabilities, by queries that the ranker did not learn from. */

export interface HeldOut {
  /** Scores of the candidates. */
  readonly scores: Float32Array;
  /** Place of the answer among them; -1: it is none of them. */
  readonly right: number;
}

export interface Calibration {
  /** Scores are divided by it before the softmax. */
  readonly temperature: number;
  /** Score of "none of these", on the scale of the candidates' scores. */
  readonly none: number;
}

const TEMPERATURES = Array.from({ length: 25 }, (_, i) => 0.3 * 1.13 ** i);

/**
 * The temperature and the score of "none of these" under which the held-out answers are likeliest. Without a case whose answer was
 * missing, "none" counts as half a case.
 */
export function calibrate(heldOut: readonly HeldOut[]): Calibration {
  let best: Calibration = { temperature: 1, none: Number.NEGATIVE_INFINITY };
  let least = Number.POSITIVE_INFINITY;
  for (const temperature of heldOut.length === 0 ? [] : TEMPERATURES) {
    const sums = heldOut.map(({ scores }) => logSum(scores, temperature));
    const none = noneScore(heldOut, sums);
    const loss = heldOut.reduce((total, { scores, right }, i) => {
      const own = right < 0 ? none : scores[right] / temperature;
      return total + logAdd(sums[i], none) - own;
    }, 0);
    if (loss < least) [least, best] = [loss, { temperature, none: none * temperature }];
  }
  return best;
}

/** The score under which "none" has, in the mean, the share that it has among the answers (bisection; the share grows with it). */
function noneScore(heldOut: readonly HeldOut[], sums: readonly number[]): number {
  const missing = Math.max(0.5, heldOut.filter(({ right }) => right < 0).length);
  let [low, high] = [-60, 60];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    const expected = sums.reduce((total, sum) => total + 1 / (1 + Math.exp(sum - middle)), 0);
    if (expected < missing) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function logSum(scores: Float32Array, temperature: number): number {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) / temperature;
  return most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score / temperature - most), 0));
}

const logAdd = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
