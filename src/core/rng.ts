/** A seeded random number generator; the same seed gives the same sequence on every machine. */
export interface Rng {
  /** Uniform in [0, 1) with 53 bits. */
  next(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends Int32Array | Uint32Array | unknown[]>(array: T): T;
}

/**
 * xoshiro128** seeded by splitmix32 (Blackman and Vigna, https://prng.di.unimi.it/).
 * @param seed any safe integer; negative and fractional ones are hashed to 32 bits as well
 */
export function createRng(seed: number): Rng {
  let mix = (seed ^ Math.floor(seed / 0x100000000)) >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  const uint32 = (): number => {
    const r = Math.imul(b, 5);
    const result = Math.imul((r << 7) | (r >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const next = (): number => ((uint32() >>> 5) * 0x4000000 + (uint32() >>> 6)) / 0x20000000000000;
  const int = (n: number): number => Math.floor(next() * n);
  return {
    next,
    int,
    shuffle(array) {
      for (let i = array.length - 1; i > 0; i--) {
        const j = int(i + 1);
        const value = array[i];
        array[i] = array[j] as number;
        array[j] = value as number;
      }
      return array;
    },
  };
}
