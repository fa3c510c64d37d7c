import { expect, test } from "vitest";
import { packDataset, unpackDataset } from "../../../src/lake/packed.ts";
import { readText } from "./support.ts";

test("a packed dataset comes back the same, on the bytes themselves", async () => {
  const dataset = await readText("id,age,sex,signs,zone,disease\np1,1,F,a|b,n,flu\np1,,M,b,s,cold\np2,3,,,n,flu\n", {
    group: "id",
    columns: { zone: { role: "extra" } },
  });
  const bytes = packDataset(dataset);
  const back = unpackDataset(bytes);
  expect(back).toEqual(dataset);
  expect(back.target.codes.buffer).toBe(bytes.buffer);
});

test("other bytes are refused", async () => {
  const bytes = packDataset(await readText("x,disease\n1,a\n2,b\n"));
  expect(() => unpackDataset(bytes.subarray(0, bytes.length - 8))).toThrow(RangeError);
  expect(() => unpackDataset(new TextEncoder().encode("age,sex\n1,F\n2,M\n"))).toThrow(RangeError);
});
