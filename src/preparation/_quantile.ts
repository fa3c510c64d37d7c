/**
 * The value that would stand at `rank` (0-based) if the array were sorted; reorders the array in place so that nothing
 * after `rank` is smaller. Hoare's selection, O(n) on average.
 * @param values not empty, no NaN
 */
function select(values: Float64Array, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const value = values[i];
        values[i++] = values[j];
        values[j--] = value;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return values[rank];
}

/**
 * Quantile with linear interpolation between neighbours, as numpy.quantile's default.
 * @param values not empty, no NaN; reordered in place
 * @param q 0 … 1
 */
export function quantile(values: Float64Array, q: number): number {
  const at = q * (values.length - 1);
  const rank = Math.floor(at);
  const lower = select(values, rank);
  const t = at - rank;
  if (t === 0) return lower;
  let upper = Number.POSITIVE_INFINITY;
  for (let i = rank + 1; i < values.length; i++) if (values[i] < upper) upper = values[i];
  const gap = upper - lower;
  return t < 0.5 ? lower + gap * t : upper - gap * (1 - t);
}
