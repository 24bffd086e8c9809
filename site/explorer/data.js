// The mini sets, as the course's package ships them: IDX files, the format of MNIST, gzipped.

import { ExplorerError } from "./errors.js";

/** @typedef {{images: Uint8Array, labels: Uint8Array}} Part */

/** @type {Map<string, Promise<Part>>} */
const loaded = new Map();

/**
 * Returns one part of a mini set, read once.
 * @param {string} name "MNIST" or "FashionMNIST"
 * @param {"train" | "t10k"} part
 * @returns {Promise<Part>}
 */
export function loadPart(name, part) {
  const key = `${name}-${part}`;
  const found = loaded.get(key) ?? readPart(key);
  loaded.set(key, found);
  found.catch(() => loaded.delete(key));
  return found;
}

/** @param {string} key @returns {Promise<Part>} */
async function readPart(key) {
  const [images, labels] = await Promise.all([
    // After the header: two zeros, type, number of axes, then four bytes for each axis.
    unzipped(`data/${key}-images-idx3-ubyte.gz`, 16),
    unzipped(`data/${key}-labels-idx1-ubyte.gz`, 8),
  ]);
  return { images, labels };
}

/** @param {string} path @param {number} header */
async function unzipped(path, header) {
  const response = await fetch(path).catch(() => null);
  if (!response?.ok || !response.body) throw new ExplorerError("noData");
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some servers say that they have packed the file, so that the browser has unpacked it already.
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isPacked) return bytes.subarray(header);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer()).subarray(header);
}
