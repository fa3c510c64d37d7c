/** 95 % interval of a share (Wilson 1927). @param n of how many it is a share */
export function wilson(share: number, n: number): { readonly low: number; readonly high: number } {
  const z2 = 1.959963984540054 ** 2;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n)) * (Math.sqrt(z2) / (1 + z2 / n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
