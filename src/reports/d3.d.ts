/** What is used of D3's modules, which bring no types. */
declare module "d3-scale" {
  interface Linear<T> {
    (value: number): T;
    domain(values: readonly number[]): Linear<T>;
    domain(): number[];
    range(values: readonly T[]): Linear<T>;
    clamp(on: boolean): Linear<T>;
    nice(count?: number): Linear<T>;
    ticks(count?: number): number[];
    tickFormat(count?: number, format?: string): (value: number) => string;
  }
  export function scaleLinear<T = number>(): Linear<T>;
}
declare module "d3-shape" {
  interface Line<P> {
    (points: readonly P[]): string | null;
    x(of: (point: P) => number): Line<P>;
    y(of: (point: P) => number): Line<P>;
    digits(n: number): Line<P>;
  }
  export function line<P>(): Line<P>;
}
