import { pack, unpack } from "../core/formats/container.ts";
import type { LakeDataset } from "./build.ts";

const FORMAT = "dataset 1";

/** The whole dataset as one byte array, for a file that other processes read. */
export function packDataset(dataset: LakeDataset): Uint8Array {
  return pack({ format: FORMAT, dataset });
}

/**
 * The dataset of `packDataset`; its arrays are views on the bytes.
 * @throws RangeError when the bytes are no whole packed dataset
 */
export function unpackDataset(bytes: Uint8Array): LakeDataset {
  const packed = unpack(bytes) as { readonly format?: unknown; readonly dataset: LakeDataset };
  if (packed.format !== FORMAT) throw new RangeError(`not a packed dataset (wanted "${FORMAT}")`);
  return packed.dataset;
}
