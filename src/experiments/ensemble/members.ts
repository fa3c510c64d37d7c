import { z } from "zod";
import type { Frame, NumericColumn } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { FittedModel } from "../../core/family.ts";
import { frameToMatrix } from "../../core/frame.ts";
import { ONNX_TYPES } from "../../core/onnx.ts";
import type { FittedStep, Step } from "../../core/step.ts";
import { memberColumn } from "../../families/ensemble/members.ts";
import type { FittedPipeline } from "../../preparation/_pipeline.ts";

/** Id of the step; no experiment names it. */
export const MEMBERS = "members";

/** A model whose probabilities are columns of an ensemble. */
export interface SavedMember {
  /** Before the "=" of its columns. */
  readonly name: string;
  /** What `saveModel` made. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** State of the step that turns raw patients into the probabilities of some saved models. */
export interface MembersState {
  readonly classes: number;
  readonly members: readonly SavedMember[];
}

type Open = (
  files: SavedMember["files"],
  where: string,
) => Promise<{ readonly pipeline: FittedPipeline; readonly model: FittedModel }>;

/**
 * The preparation of an ensemble: what the members say, each from raw patients through its own preparation.
 * @param open loads a member
 */
export function membersStep(open: Open): Step {
  return {
    id: MEMBERS,
    title: "Members",
    description: "Probabilities by other models",
    params: z.strictObject({}),
    fit() {
      throw new Error("members are trained as trials of their own");
    },
    async load(state) {
      const { classes, members } = state as MembersState;
      const opened = await Promise.all(
        members.map(async ({ name, files }) => ({ name, ...(await open(files, `member ${name}`)) })),
      );
      return fitted({ classes, members }, opened);
    },
  };
}

function fitted(
  state: MembersState,
  members: readonly { readonly name: string; readonly pipeline: FittedPipeline; readonly model: FittedModel }[],
): FittedStep {
  const { classes } = state;
  const columnsOf = (name: string): string[] => Array.from({ length: classes }, (_, k) => memberColumn(name, k));
  return {
    state,
    transform(frame: Frame): Frame {
      const columns = members.flatMap(({ name, pipeline, model }) => {
        const proba = model.predictProba(frameToMatrix(pipeline.transform(frame)));
        return columnsOf(name).map(
          (column, k): NumericColumn => ({
            kind: "numeric",
            name: column,
            values: Float64Array.from({ length: frame.rows }, (_, i) => proba[i * classes + k]!),
          }),
        );
      });
      return { rows: frame.rows, columns };
    },
    toOnnx(graph, frame) {
      const parts = members.map(({ name, pipeline, model }) => {
        if (!model.toOnnx) throw new UserError(`the member "${name}" cannot be written as ONNX`);
        return model.toOnnx(graph, pipeline.toOnnx(graph, frame));
      });
      const joined = parts.length === 1 ? parts[0]! : graph.apply("Concat", parts, { axis: 1 });
      const columns = members.flatMap(({ name }) =>
        columnsOf(name).map((column) => ({ name: column, kind: "numeric" as const })),
      );
      return [{ kind: "numbers", columns, value: graph.apply("Cast", [joined], { to: ONNX_TYPES.double }) }];
    },
    dispose() {
      for (const { pipeline, model } of members) {
        pipeline.dispose();
        model.dispose();
      }
    },
  };
}
