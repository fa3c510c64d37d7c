import { createRequire } from "node:module";
import type { BackendId } from "./types.ts";

export const TFJS_NODE = "@tensorflow/tfjs-node";

/**
 * What trains where nobody says otherwise: a native tfjs-node that is installed, else our own backend.
 * @param from module from which packages are looked for
 */
export function chosenBackend(from: string = import.meta.url): Exclude<BackendId, "cpu"> {
  try {
    createRequire(from).resolve(TFJS_NODE);
    return "tensorflow";
  } catch {
    return "openblas";
  }
}

/** `backend` of the families that train on TensorFlow.js: not named where it is the one that comes with this program. */
export function otherBackend(): "tfjs-node" | undefined {
  return chosenBackend() === "tensorflow" ? "tfjs-node" : undefined;
}
