/** Scores of the orphan classes as shares: a softmax with a temperature, and with "none of these" where patients show how often it is. */

export interface SharesOf {
  readonly temperature: number;
  /** Score of "none of these", divided by the temperature; absent where no row showed it. */
  readonly none?: number;
}

/** A row to learn from: its scores, and the place of its class in them; undefined where its answer is none of these. */
export interface JudgedScores {
  readonly scores: Float64Array;
  readonly target: number | undefined;
}

/** log Σ exp(score / temperature); -Infinity where nothing has a score. */
export function logSum(scores: Float64Array, temperature: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > most) most = score;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const score of scores) sum += Math.exp((score - most) / temperature);
  return most / temperature + Math.log(sum);
}

/** [scores, and none of these where there is one] shares that sum to 1. */
export function sharesOf(scores: Float64Array, { temperature, none }: SharesOf): Float64Array {
  const scaled = Float64Array.from([
    ...scores.map((score) => score / temperature),
    ...(none === undefined ? [] : [none]),
  ]);
  const total = logSum(scaled, 1);
  return scaled.map((score) => Math.exp(score - total));
}

/** The bounds that a temperature is looked for in. */
const [LEAST, MOST] = [0.25, 32];
/** Without rows to fit on: that of orphan-cases on the open cases (docs/orphan.md). */
const USUAL = 3;

/**
 * The temperature, and the score of "none of these" where there are rows of it, with the least log loss.
 * @param withNone whether there are classes that "none of these" may stand for
 */
export function fitShares(rows: readonly JudgedScores[], withNone: boolean): SharesOf {
  const outside = withNone && rows.some(({ target }) => target === undefined);
  // Where none of these can be no answer, such rows tell nothing.
  const told = rows.filter(({ target }) => outside || target !== undefined);
  const loss = (shares: SharesOf): number =>
    told.reduce((sum, { scores, target }) => {
      const own = target === undefined ? shares.none! : scores[target] / shares.temperature;
      const others = logSum(scores, shares.temperature);
      return sum + logAdd(others, shares.none ?? Number.NEGATIVE_INFINITY) - own;
    }, 0);
  if (!told.some(({ target }) => target !== undefined))
    return outside ? { temperature: USUAL, none: 0 } : { temperature: USUAL };
  let [temperature, none] = [USUAL, outside ? 0 : undefined];
  for (let round = 0; round < (outside ? 4 : 1); round++) {
    temperature = Math.exp(least((at) => loss({ temperature: Math.exp(at), none }), Math.log(LEAST), Math.log(MOST)));
    if (outside) none = least((at) => loss({ temperature, none: at }), -30, 30);
  }
  return none === undefined ? { temperature } : { temperature, none };
}

const logAdd = (a: number, b: number): number =>
  b === Number.NEGATIVE_INFINITY ? a : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

/** Golden section: the place of the least value of a function with one valley. */
function least(f: (at: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [atC, atD] = [f(c), f(d)];
  while (b - a > 1e-4) {
    if (atC < atD) {
      [b, d, atD] = [d, c, atC];
      c = b - ratio * (b - a);
      atC = f(c);
    } else {
      [a, c, atC] = [c, d, atD];
      d = a + ratio * (b - a);
      atD = f(d);
    }
  }
  return (a + b) / 2;
}
