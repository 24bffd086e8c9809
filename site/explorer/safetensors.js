// The file format of weights: the length of a header, the header in JSON, then all numbers.
// It holds numbers alone, so that a stranger's file can be read without running anything of it.

import { ExplorerError } from "./errors.js";

/**
 * @typedef {{dtype: string, shape: number[], bytes: Uint8Array}} Stored one tensor as it lies in the file
 * @typedef {{tensors: Map<string, Stored>, metadata: Record<string, string>}} Contents
 */

const LENGTH = 8; // bytes that say how long the header is
const LARGEST = 100_000_000; // bytes of a file; the course's largest network has 5 million

/**
 * Reads a file, trusting nothing in it.
 * @param {ArrayBuffer} buffer
 * @returns {Contents}
 * @throws {ExplorerError} It is no safetensors file, or a damaged one.
 */
export function readSafetensors(buffer) {
  if (buffer.byteLength > LARGEST) throw new ExplorerError("fileTooLarge");
  const { header, start } = readHeader(buffer);
  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, readEntry(entry, buffer, start));
  }
  return { tensors, metadata: header.__metadata__ ?? {} };
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {{header: Record<string, any>, start: number}}
 */
function readHeader(buffer) {
  try {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const bytes = new Uint8Array(buffer, LENGTH, length);
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof header !== "object" || header === null) throw new TypeError("not an object");
    return { header, start: LENGTH + length };
  } catch {
    throw new ExplorerError("notSafetensors");
  }
}

/**
 * @param {any} entry
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @returns {Stored}
 */
function readEntry(entry, buffer, start) {
  const { dtype, shape, data_offsets: [from, to] = [] } = entry ?? {};
  const isSize = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) >= 0;
  const fits = isSize(from) && isSize(to) && from <= to && start + to <= buffer.byteLength;
  if (!fits || typeof dtype !== "string" || !Array.isArray(shape) || !shape.every(isSize)) {
    throw new ExplorerError("damagedFile");
  }
  return { dtype, shape, bytes: new Uint8Array(buffer, start + from, to - from) };
}

/**
 * Returns the numbers of a float32 tensor.
 * @param {Stored} stored
 * @returns {Float32Array}
 * @throws {ExplorerError} Its type is another one, or its size does not fit its shape.
 */
export function floats({ dtype, shape, bytes }) {
  if (dtype !== "F32") throw new ExplorerError("notFloat32", { dtype });
  const size = shape.reduce((product, side) => product * side, 1);
  if (bytes.length !== 4 * size) throw new ExplorerError("damagedFile");
  const values = new Float32Array(bytes.slice().buffer);
  if (!values.every(Number.isFinite)) throw new ExplorerError("notFinite");
  return values;
}

/**
 * Returns the bytes of a file that PyTorch's users open with the library safetensors.
 * @param {Contents} contents
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeSafetensors({ tensors, metadata }) {
  /** @type {Record<string, object>} */
  const header = { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const json = JSON.stringify(header);
  // The numbers begin at a multiple of eight bytes.
  const head = new TextEncoder().encode(json + " ".repeat(-new TextEncoder().encode(json).length & 7));
  const file = new Uint8Array(LENGTH + head.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, LENGTH);
  let at = LENGTH + head.length;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
