// How one number of a layer came about, with the numbers it was made of. No DOM.

import { Convolution } from "./convolution.js";
import { Linear, MaxPool } from "./layers.js";
import { BatchNorm } from "./normalisation.js";

/** @import {Network, Tensor} from "./network.js" */

/**
 * @typedef {{channel: number, row: number, column: number}} Place
 * @typedef {{channel: number, width: number, pixels: number[], weights: number[], sum: number}} Term
 * @typedef {{value: number, inputs: number[], terms: Term[], bias: number, norm?: Record<string, number>}} Sum
 */

/**
 * @param {Network} network after `forward`
 * @param {Float32Array} pixels what it saw
 * @param {number} index of the layer
 * @param {Place} place
 * @returns {Sum}
 */
export function sumAt(network, pixels, index, place) {
  const layer = network.layers[index];
  const outputs = network.outputs ?? {};
  const output = outputs[layer.name];
  /** @type {Tensor} */
  const input =
    index > 0 ? outputs[network.layers[index - 1].name] : { shape: network.inputShape, data: pixels };
  const at = indexOf(output.shape, place);
  /** @type {Sum} */
  const sum = { value: output.data[at], inputs: [], terms: [], bias: 0 };
  if (layer instanceof Convolution) {
    sum.terms = termsOf(layer, input, place);
    sum.bias = layer.bias?.data[place.channel] ?? 0;
  } else if (layer instanceof Linear) {
    const row = layer.weight.data.subarray(at * input.data.length, (at + 1) * input.data.length);
    sum.terms = Array.from(row, (weight, channel) => ({
      channel, width: 1, pixels: [input.data[channel]], weights: [weight], sum: weight * input.data[channel],
    }));
    sum.bias = layer.bias?.data[at] ?? 0;
  } else if (layer instanceof MaxPool) {
    sum.inputs = windowOf(layer, input, place, place.channel);
  } else if (layer instanceof BatchNorm) {
    const c = place.channel;
    sum.inputs = [input.data[at]];
    sum.norm = {
      mean: layer.mean.data[c],
      deviation: Math.sqrt(layer.variance.data[c] + layer.epsilon),
      weight: layer.weight.data[c],
      bias: layer.bias.data[c],
    };
  } else if (input.data.length === output.data.length) {
    sum.inputs = [input.data[at]];
  }
  return sum;
}

/** @param {number[]} shape @param {Place} place */
function indexOf([, height = 1, width = 1], { channel, row, column }) {
  return (channel * height + row) * width + column;
}

/** @param {Convolution} layer @param {Tensor} input @param {Place} place @returns {Term[]} */
function termsOf(layer, input, place) {
  const [, inputs, height, width] = layer.weight.shape;
  return Array.from({ length: inputs }, (_, channel) => {
    const start = (place.channel * inputs + channel) * height * width;
    const weights = Array.from(layer.weight.data.subarray(start, start + height * width));
    const pixels = windowOf(layer, input, place, channel);
    const sum = pixels.reduce((total, pixel, i) => total + pixel * weights[i], 0);
    return { channel, width, pixels, weights, sum };
  });
}

/**
 * Returns the numbers of an input channel that a window sees; 0 where there is padding.
 * @param {Convolution | MaxPool} layer
 * @param {Tensor} input
 * @param {Place} place
 * @param {number} channel
 */
function windowOf(layer, { shape: [, height, width], data }, { row, column }, channel) {
  const [top, bottom] = layer.source([row, row], 0);
  const [left, right] = layer.source([column, column], 1);
  const seen = [];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      seen.push(inside ? data[(channel * height + y) * width + x] : 0);
    }
  }
  return seen;
}
