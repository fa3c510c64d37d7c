import { expect, test } from "vitest";
import { boost } from "../../src/families/_boosting.ts";
import { table } from "../contracts/family.contract.ts";

function run(losses: number[], change: { limit?: number; patience?: number; validation?: boolean } = {}) {
  const seen: number[] = [];
  const empty = { x: { rows: 0, cols: 1, names: ["a"], data: new Float32Array() }, y: new Int32Array() };
  return boost({
    context: {
      validation: change.validation === false ? empty : table(),
      signal: new AbortController().signal,
      onRound: (round) => seen.push(round),
    },
    limit: change.limit ?? losses.length,
    patience: change.patience ?? 2,
    update: (round) => round < losses.length,
    trainLoss: () => 0,
    validationLoss: (round) => losses[round]!,
  }).then((result) => ({ ...result, seen: seen.length }));
}

test("stops after the patience and keeps the first of the best rounds", async () => {
  expect(await run([5, 3, 4, 3, 2, 1])).toEqual({ trained: 4, best: 2, seen: 4 });
});

test("runs to the limit while the loss gets better, or when early stopping is off", async () => {
  expect(await run([5, 4, 3, 2], { limit: 3 })).toMatchObject({ trained: 3, best: 3 });
  expect(await run([1, 2, 3, 4], { patience: 0 })).toMatchObject({ trained: 4, best: 4 });
  expect(await run([1, 2, 3, 4], { validation: false })).toMatchObject({ trained: 4, best: 4 });
});

test("stops when nothing is left to learn", async () => {
  expect(await run([3, 2], { limit: 10 })).toMatchObject({ trained: 2, best: 2 });
});
