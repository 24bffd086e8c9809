// A photo of a digit on paper, made into white ink on black.

import { ExplorerError } from "./errors.js";
import { PAD_SIDE } from "./pad.js";

/**
 * @param {Blob} file
 * @returns {Promise<HTMLCanvasElement>} a square picture, white strokes on black
 * @throws {ExplorerError} The file is no picture.
 */
export async function inkOfPhoto(file) {
  const photo = await createImageBitmap(file).catch(() => null);
  if (!photo) throw new ExplorerError("notAPhoto");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PAD_SIDE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const scale = PAD_SIDE / Math.max(photo.width, photo.height);
  const [width, height] = [photo.width * scale, photo.height * scale];
  const [left, top] = [(PAD_SIDE - width) / 2, (PAD_SIDE - height) / 2];
  context.drawImage(photo, left, top, width, height);
  const part = context.getImageData(left, top, Math.max(width, 1), Math.max(height, 1));
  toInk(part.data);
  context.fillStyle = "black";
  context.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
  context.putImageData(part, left, top);
  return canvas;
}

/** Turns colours into ink: whatever there is less of, dark or light, is the ink. @param {Uint8ClampedArray} bytes */
function toInk(bytes) {
  const grey = new Float32Array(bytes.length / 4);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * bytes[4 * i] + 0.587 * bytes[4 * i + 1] + 0.114 * bytes[4 * i + 2];
  }
  const { threshold, dark, light } = split(grey);
  const darkShare = grey.filter((value) => value < threshold).length / grey.length;
  const [paper, ink] = darkShare < 0.5 ? [light, dark] : [dark, light];
  for (let i = 0; i < grey.length; i++) {
    // Full ink from the ink's mean on, none up to a quarter of the way from the paper's mean.
    const share = (grey[i] - paper) / (ink - paper || 1);
    const value = 255 * Math.min(Math.max((share - 0.25) / 0.75, 0), 1);
    bytes.fill(value, 4 * i, 4 * i + 3);
    bytes[4 * i + 3] = 255;
  }
}

/** Finds two groups of grey values whose means lie far apart (Otsu's threshold). @param {Float32Array} grey */
function split(grey) {
  const counts = new Float64Array(256);
  for (const value of grey) counts[Math.round(value)]++;
  const all = counts.reduce((sum, count, value) => sum + count * value, 0);
  let best = { threshold: 128, dark: 0, light: 255, spread: -1 };
  let below = 0;
  let sum = 0;
  for (let value = 0; value < 255; value++) {
    below += counts[value];
    sum += counts[value] * value;
    const above = grey.length - below;
    if (below === 0 || above === 0) continue;
    const [dark, light] = [sum / below, (all - sum) / above];
    const spread = below * above * (light - dark) ** 2;
    if (spread > best.spread) best = { threshold: value + 0.5, dark, light, spread };
  }
  return best;
}
