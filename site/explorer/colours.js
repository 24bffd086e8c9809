// Numbers to colours that colour-blind people tell apart, and maps to canvases.

/** @import {Tensor} from "./network.js" */

const EVIDENCE = ["000004", "280b54", "65156e", "9f2a63", "d44842", "f57d15", "fac127", "fcffa4"];
const SIGNED = ["08306b", "2171b5", "9ecae1", "ffffff", "fdae6b", "d94801", "7f2704"];
const GREY = ["000000", "ffffff"];

/** 256 colours from the first to the last of a few. @param {string[]} stops */
function gradient(stops) {
  const colours = stops.map((stop) => [0, 2, 4].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  return Uint8ClampedArray.from({ length: 256 * 3 }, (_, i) => {
    const place = (Math.floor(i / 3) / 255) * (stops.length - 1);
    const first = Math.min(Math.floor(place), stops.length - 2);
    const [from, to] = [colours[first][i % 3], colours[first + 1][i % 3]];
    return from + (to - from) * (place - first);
  });
}

const TABLES = { evidence: gradient(EVIDENCE), signed: gradient(SIGNED), grey: gradient(GREY) };

/** @param {ArrayLike<number>} values the largest absolute value, or 1 if all are 0 */
export function largest(values) {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most || 1;
}

/**
 * Lays the maps of a layer out as tiles; a vector becomes tiles of one pixel, a long one a square.
 * @param {number[]} shape
 * @param {number} [rows] of tiles
 */
export function tiling(shape, rows) {
  const [channels, height, width] = tilesOf(shape);
  const down = Math.min(channels, rows ?? (height === 1 ? 32 : 8));
  const across = Math.ceil(channels / down);
  const gap = channels > 1 ? 1 : 0;
  return {
    channels, height, width, across, gap,
    canvasWidth: across * (width + gap) - gap,
    canvasHeight: down * (height + gap) - gap,
  };
}

/** @param {number[]} shape */
function tilesOf(shape) {
  if (shape.length === 3) return shape;
  if (shape[0] <= 64) return [shape[0], 1, 1];
  const side = Math.ceil(Math.sqrt(shape[0]));
  return [1, Math.ceil(shape[0] / side), side];
}

/**
 * Draws all maps of a layer on one canvas, with one scale: blue below 0, white 0, orange above.
 * @param {HTMLCanvasElement} canvas
 * @param {Tensor} tensor
 * @param {number} [rows] of tiles
 */
export function paintMaps(canvas, { shape, data }, rows) {
  const { channels, height, width, across, gap, canvasWidth, canvasHeight } = tiling(shape, rows);
  const image = imageFor(canvas, canvasWidth, canvasHeight);
  const scale = 127.5 / largest(data);
  for (let channel = 0; channel < channels; channel++) {
    const top = Math.floor(channel / across) * (height + gap);
    const left = (channel % across) * (width + gap);
    for (let y = 0; y < height; y++) {
      const from = (channel * height + y) * width;
      const to = (top + y) * canvasWidth + left;
      for (let x = 0; x < width && from + x < data.length; x++) {
        put(image.data, to + x, TABLES.signed, data[from + x] * scale + 127.5);
      }
    }
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/**
 * Draws one map from `low` to `high`.
 * @param {HTMLCanvasElement} canvas
 * @param {Tensor} map (height, width)
 * @param {"evidence" | "grey"} table
 * @param {[number, number]} range
 */
export function paintMap(canvas, { shape: [height, width], data }, table, [low, high]) {
  const image = imageFor(canvas, width, height);
  const scale = 255 / (high - low || 1);
  data.forEach((value, i) => put(image.data, i, TABLES[table], (value - low) * scale));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/**
 * Draws evidence over the image it was found in.
 * @param {HTMLCanvasElement} canvas
 * @param {Tensor} map (height, width), never negative
 * @param {Float32Array} pixels in [-1, 1]
 */
export function paintOverlay(canvas, { shape: [height, width], data }, pixels) {
  const image = imageFor(canvas, width, height);
  const scale = 255 / largest(data);
  const table = TABLES.evidence;
  data.forEach((value, i) => {
    const at = 3 * Math.round(value * scale);
    const grey = (pixels[i] + 1) * 127.5;
    for (let part = 0; part < 3; part++) image.data[4 * i + part] = 0.65 * table[at + part] + 0.35 * grey;
    image.data[4 * i + 3] = 255;
  });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function imageFor(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return new ImageData(width, height);
}

/**
 * @param {Uint8ClampedArray} bytes
 * @param {number} pixel
 * @param {Uint8ClampedArray} table
 * @param {number} place 0..255
 */
function put(bytes, pixel, table, place) {
  const at = 3 * Math.max(0, Math.min(255, Math.round(place)));
  bytes[4 * pixel] = table[at];
  bytes[4 * pixel + 1] = table[at + 1];
  bytes[4 * pixel + 2] = table[at + 2];
  bytes[4 * pixel + 3] = 255;
}
