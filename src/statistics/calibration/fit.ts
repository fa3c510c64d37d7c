import { UserError } from "../../core/errors.ts";
import { takeRows } from "../../core/frame.ts";
import type { Calibrate } from "../../core/trial.ts";
import { stratifiedFolds } from "./folds.ts";
import { type Curve, isotonicCurve } from "./isotonic.ts";
import { applySteps, type ProbaStep, type Widen } from "./steps.ts";
import { fitTemperature, TEMPERATURES } from "./temperature.ts";

export interface PostRequest {
  readonly calibrate: Calibrate;
  readonly classes: readonly string[];
  /** [classes] how common the classes were where the model learned: weighted shares of the rows it saw */
  readonly learned: Float64Array;
  /** [classes] how common they are among the patients that it is for; absent: not corrected for */
  readonly target?: Float64Array;
  /** Where the model cannot predict all classes; patients with one of the others tell nothing of its calibration. */
  readonly widen?: Widen;
}

/** Predictions of patients whom the model has not learned from. */
export interface Judged {
  /** [rows × classes], or those that the model has where it is widened */
  readonly proba: Float32Array;
  /** [rows] class codes */
  readonly y: Int32Array;
  /** [rows] patient of each row */
  readonly units: Int32Array;
}

export interface Post {
  /** Fitted on all rows: what the saved model does. */
  readonly steps: readonly ProbaStep[];
  /** [rows × classes] after steps that were fitted on other patients (5 folds by class): for honest metrics */
  readonly proba: Float32Array;
  readonly notices: readonly string[];
}

const FOLDS = 5;
/** Patients with a class, and without it, that its isotonic curve needs. */
export const ISOTONIC_PATIENTS = 10;

/**
 * Fits the steps that follow a model.
 * @throws UserError when there are too few patients to calibrate on
 */
export function fitPost(request: PostRequest, judged: Judged, seed: number): Post {
  const { calibrate, classes, target, widen } = request;
  if (calibrate === "none" && target === undefined && widen === undefined)
    return { steps: [], proba: judged.proba, notices: [] };
  if (calibrate === "none") {
    const { steps } = fitOnce(request, judged, new Set());
    return { steps, proba: applySteps(steps, judged.proba, classes.length), notices: [] };
  }
  const patients = new Set(judged.units).size;
  if (patients < 2) throw tooFew(patients);
  const names = widen ? Array.from(widen.codes, (code) => classes[code]!) : classes;
  const rare = calibrate === "isotonic" ? rareClasses(within(judged, widen), names.length) : new Set<number>();
  const instead = rare.size === names.length;
  const used: PostRequest = instead ? { ...request, calibrate: "temperature" } : request;
  const { steps, notices } = fitOnce(used, judged, rare);
  const count = Math.min(FOLDS, patients);
  const folds = stratifiedFolds(judged.y, judged.units, count, seed);
  const proba = new Float32Array(judged.y.length * classes.length);
  for (let fold = 0; fold < count; fold++) {
    const others = pick(judged, folds, (f) => f !== fold);
    const own = pick(judged, folds, (f) => f === fold);
    const made = applySteps(fitOnce(used, others, rare).steps, own.proba, classes.length);
    let at = 0;
    folds.forEach((f, row) => {
      if (f !== fold) return;
      proba.set(made.subarray(at, at + classes.length), row * classes.length);
      at += classes.length;
    });
  }
  return { steps, proba, notices: [...fewNotices(rare, instead, names), ...notices] };
}

function tooFew(patients: number): UserError {
  return new UserError(`calibrate: ${patients} validation patients are too few to fit a calibration`, {
    where: "calibrate",
    fix: "Give split.validation a larger share, or leave calibrate out.",
  });
}

function fewNotices(rare: ReadonlySet<number>, instead: boolean, classes: readonly string[]): string[] {
  if (rare.size === 0) return [];
  const few = `fewer than ${ISOTONIC_PATIENTS} validation patients with or without it`;
  if (instead) return [`calibrate: temperature instead of isotonic, since every class has ${few}`];
  const names = [...rare].map((k) => `"${classes[k]}"`);
  const list = names.length > 5 ? `${names.slice(0, 5).join(", ")}, … (${names.length} classes)` : names.join(", ");
  return [`calibrate: isotonic leaves these classes as they are, which have ${few}: ${list}`];
}

/** The patients with a class that the model has, by its own codes. */
function within(judged: Judged, widen: Widen | undefined): Judged {
  if (!widen) return judged;
  const place = new Map(Array.from(widen.codes, (code, i) => [code, i]));
  const never = new Set(widen.never);
  const known = judged.y.map((code) => Number(place.has(code) && !never.has(code)));
  const own = pick(judged, known, (flag) => flag === 1);
  return { ...own, y: own.y.map((code) => place.get(code)!) };
}

/** @param rare classes of the model, by its own codes, that get no curve */
function fitOnce(request: PostRequest, judged: Judged, rare: ReadonlySet<number>) {
  const { calibrate, classes, learned, target, widen } = request;
  const { proba, y } = within(judged, widen);
  const count = widen?.codes.length ?? classes.length;
  const steps: ProbaStep[] = [];
  const notices: string[] = [];
  let source = learned;
  if (calibrate === "temperature") {
    const temperature = fitTemperature(proba, y);
    if (TEMPERATURES.some((bound) => bound === temperature)) {
      notices.push(
        `calibrate: the temperature stopped at its bound ${temperature}; more validation patients would tell`,
      );
    }
    steps.push({ kind: "temperature", temperature });
  }
  if (calibrate === "isotonic") {
    const curveOf = (k: number): Curve => {
      const own = Float32Array.from(y, (_, row) => proba[row * count + k]!);
      const has = y.map((code) => Number(code === k));
      return isotonicCurve(own, has);
    };
    const own = Array.from({ length: count }, (_, k) => k);
    steps.push({ kind: "isotonic", curves: own.map((k) => (rare.has(k) ? null : curveOf(k))) });
    // A curve tells how common its class is among the rows it was fitted on.
    const rows = (k: number): number => y.reduce((n, code) => n + Number(code === k), 0);
    source = learned.slice();
    for (const k of own) if (!rare.has(k)) source[widen ? widen.codes[k]! : k] = Math.max(1, rows(k)) / y.length;
  }
  if (widen) steps.push(widen);
  if (target !== undefined) steps.push({ kind: "prior", factors: target.map((share, k) => share / source[k]!) });
  return { steps, notices };
}

/** Classes with too few patients for a curve. */
function rareClasses({ y, units }: Judged, classes: number): Set<number> {
  const having = Array.from({ length: classes }, () => new Set<number>());
  units.forEach((unit, row) => {
    having[y[row]!]!.add(unit);
  });
  const all = new Set(units).size;
  const few = (patients: number): boolean => Math.min(patients, all - patients) < ISOTONIC_PATIENTS;
  return new Set([...having.keys()].filter((k) => few(having[k]!.size)));
}

function pick({ proba, y, units }: Judged, folds: Int32Array, wanted: (fold: number) => boolean): Judged {
  const classes = y.length === 0 ? 0 : proba.length / y.length;
  const rows = Int32Array.from(folds.keys()).filter((row) => wanted(folds[row]!));
  return {
    proba: takeRows(proba, classes, rows),
    y: rows.map((row) => y[row]!),
    units: rows.map((row) => units[row]!),
  };
}
