import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Frame } from "../../src/core/dataset.ts";
import { UserError } from "../../src/core/errors.ts";
import { pack, unpack } from "../../src/core/formats/container.ts";
import { selectRows } from "../../src/core/frame.ts";
import type { FittedStep, Step } from "../../src/core/step.ts";
import { parseParams } from "../../src/preparation/_pipeline.ts";
import { excerptKnowledge, termFrame } from "../support/hpo.ts";
import { mixedFrame, numericFrame, readable, relabelled, withUnseenLevels } from "./step-frames.ts";

const ROWS = 90;
const knowledge = excerptKnowledge();
const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
const trainRows = range(0, 60);
const otherRows = range(60, ROWS);

interface ObjectSchema {
  readonly properties: Readonly<
    Record<string, { type?: string; enum?: unknown[]; default?: unknown; description?: string }>
  >;
  readonly additionalProperties: unknown;
}

const schemaOf = (step: Step): ObjectSchema => z.toJSONSchema(step.params, { io: "input" }) as unknown as ObjectSchema;

/** The defaults, and then every value of each option and switch, one at a time. */
function variants(step: Step): Record<string, unknown>[] {
  const others = Object.entries(schemaOf(step).properties).flatMap(([name, property]) => {
    const values = property.type === "boolean" ? [true, false] : (property.enum ?? []);
    return values.filter((value) => value !== property.default).map((value) => ({ [name]: value }));
  });
  return [{}, ...others];
}

async function fitStep(
  step: Step,
  frame: Frame,
  params: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<FittedStep> {
  return step.fit({
    frame,
    y: Int32Array.from({ length: frame.rows }, (_, i) => i % 3),
    classes: 3,
    params: parseParams(step, { id: step.id, params }),
    seed: 5,
    signal: signal ?? new AbortController().signal,
    knowledge,
  });
}

/** The mixed patients; for a step that refuses them as a UserError complete numbers, or symptoms that are HPO terms. */
async function patientsFor(step: Step, params: Record<string, unknown>): Promise<Frame> {
  for (const patients of [mixedFrame(ROWS), numericFrame(ROWS)]) {
    try {
      await fitStep(step, selectRows(patients, trainRows), params);
      return patients;
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
    }
  }
  return termFrame(ROWS, true);
}

const named = (frame: Frame): string[] => frame.columns.map((column) => `${column.kind} ${column.name}`);

/** What every step keeps to (src/core/step.ts), tried with each of its options. */
export function stepContract(id: string, step: Step): void {
  describe(`step ${id}`, () => {
    test("is called as its file, and says what it is", () => {
      expect(step.id).toBe(id);
      expect(step.title).not.toBe("");
      expect(step.description).not.toBe("");
    });

    test("describes each parameter, gives it a default and refuses unknown ones", () => {
      const schema = schemaOf(step);
      expect(schema.additionalProperties).toBe(false);
      for (const [name, property] of Object.entries(schema.properties)) {
        expect(property, name).toHaveProperty("default");
        expect(property, name).toHaveProperty("description");
      }
      expect(() => parseParams(step, { id, params: { no_such_parameter: 1 } })).toThrow(/no_such_parameter/);
    });

    test("honours a signal that is aborted already", async () => {
      const frame = await patientsFor(step, {});
      const reason = new Error("stop");
      await expect((async () => fitStep(step, frame, {}, AbortSignal.abort(reason)))()).rejects.toBe(reason);
    });

    test.each(variants(step).map((params) => [JSON.stringify(params), params] as const))(
      "with %s",
      async (_, params) => {
        const patients = await patientsFor(step, params);
        const train = selectRows(patients, trainRows);
        const others = selectRows(patients, otherRows);
        const before = [pack(train), pack(others)];
        const fitted = await fitStep(step, train, params);
        const state = pack(fitted.state);

        const outTrain = fitted.transform(train);
        const outOthers = fitted.transform(others);
        expect(new Set(outTrain.columns.map((column) => column.name)).size, "unique names").toBe(
          outTrain.columns.length,
        );
        expect([outTrain.rows, outOthers.rows], "rows kept").toEqual([train.rows, others.rows]);
        expect(named(outOthers), "same columns for other rows").toEqual(named(outTrain));
        const seen = fitted.train ?? outTrain;
        expect([seen.rows, ...named(seen)], "same columns for a model's training").toEqual([
          train.rows,
          ...named(outTrain),
        ]);
        expect([pack(train), pack(others)], "input left as it was").toEqual(before);
        expect(pack(fitted.state), "state left as it was by transform").toEqual(state);

        const again = await fitStep(step, selectRows(patients, trainRows), params);
        expect(pack(again.state), "same seed, same state").toEqual(state);
        expect(pack(again.train ?? null), "same seed, same training rows").toEqual(pack(fitted.train ?? null));

        const reloaded = await step.load(unpack(state));
        expect(pack(reloaded.transform(train)), "save and load, to the bit").toEqual(pack(outTrain));
        expect(pack(reloaded.transform(others)), "save and load, to the bit").toEqual(pack(outOthers));

        const shuffled = Int32Array.from(otherRows, (_, i) => (i * 7) % otherRows.length);
        const outShuffled = fitted.transform(selectRows(others, shuffled));
        expect(readable(outShuffled), "each row on its own").toEqual(readable(selectRows(outOthers, shuffled)));
        const outSingle = fitted.transform(selectRows(others, Int32Array.of(3)));
        expect(readable(outSingle), "each row on its own").toEqual(readable(selectRows(outOthers, Int32Array.of(3))));

        const outEmpty = fitted.transform(selectRows(others, new Int32Array(0)));
        expect([outEmpty.rows, ...named(outEmpty)], "no rows").toEqual([0, ...named(outTrain)]);

        const outRelabelled = fitted.transform(relabelled(others));
        expect(readable(outRelabelled), "levels are known by name").toEqual(readable(outOthers));
        expect(named(fitted.transform(withUnseenLevels(others))), "unseen levels").toEqual(named(outTrain));
      },
    );
  });
}
