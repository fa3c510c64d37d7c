import type { Frame } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { FittedModel } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { frameToMatrix } from "../core/frame.ts";
import type { Step } from "../core/step.ts";
import { families } from "../families/index.ts";
import { type FittedPipeline, loadPipeline } from "../preparation/_pipeline.ts";
import { contributionsAfter } from "../statistics/calibration/margins.ts";
import { applySteps, type ProbaStep, stepsOnnx } from "../statistics/calibration/steps.ts";
import { MEMBERS, membersStep } from "./ensemble/members.ts";
import type { ExampleRow } from "./package/example.ts";
import { loadStep } from "./steps.ts";

/** 2: with steps after the model, which an older program would leave out. */
const FORMATS = [1, 2] as const;

/** What `model/model.json` says of a saved model. */
export interface ModelCard {
  readonly format: (typeof FORMATS)[number];
  readonly family: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: string;
  readonly classes: readonly string[];
  readonly rounds?: number;
  readonly codeVersion: string;
  /** A made-up patient, typical of the training rows. */
  readonly example?: ExampleRow;
}

/** A preparation and a model together: raw patients in, class probabilities out. */
export interface Predictor {
  readonly card: ModelCard;
  /** @returns [frame.rows × classes] row-major */
  predictProba(frame: Frame): Float32Array;
  dispose(): void;
}

/**
 * Files of a saved model by name, to be kept in one folder.
 * @param steps what follows the model: calibration, correction of the prior
 */
export function saveModel(
  card: Omit<ModelCard, "format">,
  preparation: unknown,
  model: FittedModel,
  steps: readonly ProbaStep[] = [],
): Record<string, Uint8Array> {
  const format: ModelCard["format"] = steps.length === 0 ? 1 : 2;
  const files: Record<string, Uint8Array> = {
    "model.json": new TextEncoder().encode(`${JSON.stringify({ format, ...card }, null, 2)}\n`),
    "preparation.bin": pack(preparation),
  };
  if (steps.length > 0) files["calibration.bin"] = pack(steps);
  for (const [name, bytes] of Object.entries(model.save())) files[`family/${name}`] = bytes;
  return files;
}

/**
 * Loads what `saveModel` made.
 * @param files by name
 * @throws UserError when files are missing or of another format
 */
export async function loadModel(files: Readonly<Record<string, Uint8Array>>, where: string): Promise<Predictor> {
  const { card, pipeline, model } = await openModel(files, where);
  return {
    card,
    predictProba: (frame) => model.predictProba(frameToMatrix(pipeline.transform(frame))),
    dispose() {
      pipeline.dispose();
      model.dispose();
    },
  };
}

/** Steps of a saved model: those of the experiment, and what stands before an ensemble. */
const loadAnyStep = async (id: string): Promise<Step> => (id === MEMBERS ? membersStep(openModel) : loadStep(id));

/** The parts of what `saveModel` made, the model with the steps that follow it; throws as `loadModel` does. */
export async function openModel(
  files: Readonly<Record<string, Uint8Array>>,
  where: string,
): Promise<{ readonly card: ModelCard; readonly pipeline: FittedPipeline; readonly model: FittedModel }> {
  const head = files["model.json"];
  const preparation = files["preparation.bin"];
  const card = head && (JSON.parse(new TextDecoder().decode(head)) as ModelCard & { readonly input?: "cases" });
  if (card?.input === "cases") {
    throw new UserError("it ranks diseases for cases by a knowledge base, which is more than ONNX can express", {
      where,
      fix: "Use it here: disease cases rank CASES --model RUN",
    });
  }
  if (!card || !preparation) throw new UserError("no saved model: model.json or preparation.bin is missing", { where });
  const load = families[card.family];
  if (!FORMATS.includes(card.format) || !load) {
    throw new UserError(`a model of format ${card.format}, family ${card.family}, which this version cannot load`, {
      where,
    });
  }
  const calibration = files["calibration.bin"];
  if (card.format === 2 && !calibration) throw new UserError("no saved model: calibration.bin is missing", { where });
  const own = Object.entries(files).filter(([name]) => name.startsWith("family/"));
  const [pipeline, family] = await Promise.all([loadPipeline(unpack(preparation), loadAnyStep), load()]);
  const model = await family.load(
    Object.fromEntries(own.map(([name, bytes]) => [name.slice("family/".length), bytes])),
  );
  if (!calibration) return { card, pipeline, model };
  const steps = unpack(calibration) as readonly ProbaStep[];
  return { card, pipeline, model: followed(model, steps, card.classes.length) };
}

/** A model whose probabilities have gone through the steps. */
function followed(model: FittedModel, steps: readonly ProbaStep[], classes: number): FittedModel {
  const { importances, rounds, notices } = model;
  return {
    importances,
    rounds,
    notices,
    predictProba: (x) => applySteps(steps, model.predictProba(x), classes),
    contributions(x, background) {
      const made = model.contributions?.(x, background);
      return made && contributionsAfter(steps, made);
    },
    ...(model.toOnnx ? { toOnnx: (graph, x) => stepsOnnx(graph, model.toOnnx!(graph, x), steps, classes) } : {}),
    save: () => model.save(),
    dispose: () => model.dispose(),
  };
}
