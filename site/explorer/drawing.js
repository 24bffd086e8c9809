// Makes of a drawing what MNIST's makers made of scanned digits. helpers/draw.py does the same.

import { ExplorerError } from "./errors.js";

export const SIDE = 28; // pixels of an MNIST image
const BOX = 20; // pixels of the longer side of a digit
const MIDDLE = 14; // the pixel on which MNIST's digits have their centre of mass
const HALF = 0.5 + 1e-6; // halves are rounded up, whatever the last bits of a sum may be
const FAINT = 0.1; // less ink than this is taken for paper

/**
 * @typedef {{top: number, left: number, height: number, width: number}} Rectangle
 * @typedef {{height: number, width: number, ink: Float32Array}} Picture ink from 0 to 1
 * @typedef {{crop: Rectangle, box: Picture, place: Rectangle, pixels: Float32Array}} Prepared
 */

/**
 * Returns the drawing as an MNIST image, with pixels in [-1, 1], and the steps to it.
 * @param {Picture} picture
 * @returns {Prepared}
 * @throws {ExplorerError} Nothing is drawn.
 */
export function prepare(picture) {
  const crop = inkedPart(picture);
  const box = shrunk(picture, crop);
  const centre = centreOfMass(box);
  const top = within(MIDDLE - Math.floor(centre.row + HALF), SIDE - box.height);
  const left = within(MIDDLE - Math.floor(centre.column + HALF), SIDE - box.width);
  const pixels = new Float32Array(SIDE * SIDE).fill(-1);
  for (let row = 0; row < box.height; row++) {
    for (let column = 0; column < box.width; column++) {
      const ink = box.ink[row * box.width + column];
      pixels[(row + top) * SIDE + column + left] = 2 * ink - 1;
    }
  }
  return { crop, box, place: { top, left, height: box.height, width: box.width }, pixels };
}

/** @param {number} value @param {number} highest */
function within(value, highest) {
  return Math.min(Math.max(value, 0), highest);
}

/** Returns the smallest rectangle with all ink. @param {Picture} picture @returns {Rectangle} */
function inkedPart({ height, width, ink }) {
  let top = height, bottom = -1, left = width, right = -1;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (ink[row * width + column] < FAINT) continue;
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      left = Math.min(left, column);
      right = Math.max(right, column);
    }
  }
  if (bottom < 0) throw new ExplorerError("emptyDrawing");
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/**
 * Returns a part of the picture with its longer side at 20 pixels; every new pixel is the mean of
 * what it covers.
 * @param {Picture} picture
 * @param {Rectangle} part
 * @returns {Picture}
 */
function shrunk({ width, ink }, part) {
  const longer = Math.max(part.height, part.width);
  const side = (/** @type {number} */ length) =>
    Math.max(1, Math.floor((BOX * length) / longer + 0.5));
  const height = side(part.height);
  const columns = side(part.width);
  const small = new Float32Array(height * columns);
  const across = overlaps(part.width, columns);
  overlaps(part.height, height).forEach((rows, y) => {
    across.forEach((places, x) => {
      let sum = 0;
      for (const [row, down] of rows) {
        const start = (part.top + row) * width + part.left;
        for (const [column, along] of places) sum += down * along * ink[start + column];
      }
      small[y * columns + x] = sum;
    });
  });
  return { height, width: columns, ink: small };
}

/**
 * For each of `few` pixels: which of `many` lie below it, and with what share of its length.
 * @param {number} many
 * @param {number} few
 */
function overlaps(many, few) {
  const length = many / few;
  return Array.from({ length: few }, (_, i) => {
    const start = i * length;
    const end = start + length;
    /** @type {[number, number][]} */
    const shares = [];
    for (let place = Math.floor(start); place < Math.min(end, many); place++) {
      const overlap = Math.min(place + 1, end) - Math.max(place, start);
      if (overlap > 0) shares.push([place, overlap / length]);
    }
    return shares;
  });
}

/** @param {Picture} picture */
function centreOfMass({ height, width, ink }) {
  let mass = 0, rows = 0, columns = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = ink[row * width + column];
      mass += value;
      rows += value * row;
      columns += value * column;
    }
  }
  return { row: rows / mass, column: columns / mass };
}
