/**
 * Writes ONNX files. Ours, since few messages are written and none is read: protobufjs with ONNX's schema would be a
 * megabyte of dependencies for these lines. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import {
  ONNX_TYPES,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxPort,
  type OnnxTensor,
} from "../../core/onnx.ts";

/** What every ONNX Runtime since 1.18 (2024) reads. */
const IR_VERSION = 9;
const OPSETS = { "": 20, "ai.onnx.ml": 3 } as const;
/** AttributeProto.AttributeType */
const KINDS = { int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

const NOTHING = new Uint8Array(0);

type Part = number | string | Uint8Array;

/** The bytes of an ONNX file. */
export function encodeOnnx(
  model: OnnxModel,
  producer: { readonly name: string; readonly version: string },
): Uint8Array {
  const graph = message(
    ...model.nodes.map((node) => field(1, nodeOf(node))),
    field(2, "disease"),
    ...Object.entries(model.constants).map(([name, tensor]) => field(5, tensorOf(tensor, name))),
    ...model.inputs.map((port) => field(11, portOf(port))),
    ...model.outputs.map((port) => field(12, portOf(port))),
  );
  return message(
    field(1, IR_VERSION),
    field(2, producer.name),
    field(3, producer.version),
    field(7, graph),
    ...Object.entries(OPSETS).map(([domain, version]) => field(8, message(field(1, domain), field(2, version)))),
    ...Object.entries(model.metadata).map(([key, value]) => field(14, message(field(1, key), field(2, value)))),
  );
}

function nodeOf({ op, domain, inputs, outputs, attributes }: OnnxNode): Uint8Array {
  return message(
    ...inputs.map((input) => field(1, input)),
    ...outputs.map((output) => field(2, output)),
    field(3, outputs[0]!),
    field(4, op),
    ...Object.entries(attributes).map(([name, value]) => field(5, attributeOf(name, value))),
    domain === "" ? NOTHING : field(7, domain),
  );
}

function attributeOf(name: string, value: OnnxAttribute): Uint8Array {
  const written = (at: number, part: Part, kind: number): Uint8Array =>
    message(field(1, name), field(at, part), field(20, kind));
  if (typeof value === "number") return written(3, value, KINDS.int);
  if (typeof value === "string") return written(4, value, KINDS.string);
  if (value instanceof Int32Array) return written(8, varints(value), KINDS.ints);
  if (value instanceof Float32Array) return written(7, bytesOf(value), KINDS.floats);
  if ("dims" in value) return written(5, tensorOf(value), KINDS.tensor);
  return message(field(1, name), repeatedTexts(9, value), field(20, KINDS.strings));
}

function tensorOf({ dims, data }: OnnxTensor, name?: string): Uint8Array {
  const named = name === undefined ? NOTHING : field(8, name);
  const head = dims.map((dim) => field(1, dim));
  if (!ArrayBuffer.isView(data)) {
    return message(...head, field(2, ONNX_TYPES.string), repeatedTexts(6, data), named);
  }
  const type =
    data instanceof Float32Array
      ? ONNX_TYPES.float
      : data instanceof Float64Array
        ? ONNX_TYPES.double
        : data instanceof BigInt64Array
          ? ONNX_TYPES.int64
          : ONNX_TYPES.bool;
  return message(...head, field(2, type), named, field(9, bytesOf(data)));
}

function portOf({ name, type, dims }: OnnxPort): Uint8Array {
  const shape = message(...dims.map((dim) => field(1, message(field(typeof dim === "number" ? 1 : 2, dim)))));
  const tensor = message(field(1, ONNX_TYPES[type]), field(2, shape));
  return message(field(1, name), field(2, message(field(1, tensor))));
}

/** A field with its tag: a number as varint, texts and bytes with their length. */
function field(id: number, part: Part): Uint8Array {
  if (typeof part === "number") return Uint8Array.from([...varint(id << 3), ...varint(part)]);
  const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
  const head = [...varint((id << 3) | 2), ...varint(bytes.length)];
  const out = new Uint8Array(head.length + bytes.length);
  out.set(head);
  out.set(bytes, head.length);
  return out;
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((length, bytes) => length + bytes.length, 0));
  let at = 0;
  for (const bytes of fields) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** A forest repeats the same few texts, a million times. */
function repeatedTexts(id: number, texts: readonly string[]): Uint8Array {
  const encoded = new Map([...new Set(texts)].map((text) => [text, field(id, text)]));
  let length = 0;
  for (const text of texts) length += encoded.get(text)!.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const text of texts) {
    const bytes = encoded.get(text)!;
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** Whole numbers, packed; negative ones sign-extended to 64 bits, as protobuf's int64. */
function varints(values: Int32Array): Uint8Array {
  const out = new Uint8Array(values.length * (values.some((value) => value < 0) ? 10 : 5));
  let at = 0;
  for (const value of values) {
    let rest = value;
    if (value < 0) {
      // Nine groups of seven bits, then the one bit that is left.
      for (let group = 0; group < 9; group++, rest >>= 7) out[at++] = (rest & 127) | 128;
      out[at++] = 1;
      continue;
    }
    for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128;
    out[at++] = rest;
  }
  return out.slice(0, at);
}

const varint = (value: number): Uint8Array => varints(Int32Array.of(value));

function bytesOf(data: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
