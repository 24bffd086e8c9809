// Convolution. Every place of the kernel on the image gives a patch; laid out as the rows of one
// matrix, the patches turn the whole layer into a product of two matrices, and its gradients too.

import { ExplorerError } from "./errors.js";
import { add, rowsTimesRows, transposed } from "./matrix.js";
import { placesOf, seenFrom } from "./windows.js";

/** @import {Parameter, Range, Specification, Tensor} from "./network.js" */

/** Cross-correlation of images (count, channels, height, width) with kernels, plus a bias. */
export class Convolution {
  /**
   * @param {Specification} specification with `stride` and `padding`, each [vertical, horizontal]
   * @param {(name: string, axes: number) => Parameter} parameter
   */
  constructor(specification, parameter) {
    this.name = specification.name;
    /** @type {number[]} */
    this.stride = specification.stride;
    /** @type {number[]} */
    this.padding = specification.padding;
    this.weight = parameter(specification.weight, 4);
    this.bias = specification.bias ? parameter(specification.bias, 1) : null;
    this.parameters = this.bias ? [this.weight, this.bias] : [this.weight];
    this.size = this.weight.shape.slice(2);
    /** @type {Tensor} */
    this.input = { shape: [], data: new Float32Array() };
    this.places = new Int32Array();
  }

  /** @param {number[]} shape [channels, height, width] of the input; returns that of the output */
  outputShape([channels, ...sides]) {
    const [outputs, inputs] = this.weight.shape;
    const [height, width] = placesOf(this, sides);
    if (channels !== inputs || sides.length !== 2 || !(height > 0 && width > 0)) {
      throw new ExplorerError("layersDoNotFit", { name: this.name });
    }
    if (this.bias && this.bias.shape[0] !== outputs) throw new ExplorerError("damagedFile");
    return [outputs, height, width];
  }

  /** @param {Range} range rows or columns of the output; returns those of the input it looks at */
  source(range, axis = 0) {
    return seenFrom(this, range, axis);
  }

  /** @param {Tensor} input */
  forward(input) {
    const [count, ...shape] = input.shape;
    const [outputs, height, width] = this.outputShape(shape);
    if (String(shape) !== String(this.input.shape.slice(1))) this.places = this.patchPlaces(shape);
    this.input = input;
    const places = height * width;
    const length = this.weight.data.length / outputs;
    const data = new Float32Array(count * outputs * places);
    for (let image = 0; image < count; image++) {
      const rows = this.patches(image);
      const maps = rowsTimesRows(this.weight.data, rows, outputs, length, places);
      data.set(maps, image * outputs * places);
    }
    if (this.bias) addToEachMap(data, this.bias.data, places);
    return { shape: [count, outputs, height, width], data };
  }

  /** Returns the gradient by the input. @param {Tensor} gradient by the output */
  backward(gradient) {
    const [count, outputs, height, width] = gradient.shape;
    const places = height * width;
    const length = this.weight.data.length / outputs;
    const weights = transposed(this.weight.data, outputs, length);
    const data = new Float32Array(this.input.data.length);
    for (let image = 0; image < count; image++) {
      const maps = transposed(part(gradient, image), outputs, places);
      const rows = rowsTimesRows(maps, weights, places, outputs, length);
      this.scatter(rows, part({ shape: this.input.shape, data }, image));
    }
    return { shape: this.input.shape, data };
  }

  /** Adds to the gradients by the weights. @param {Tensor} gradient by the output */
  learn(gradient) {
    const [count, outputs, height, width] = gradient.shape;
    const places = height * width;
    const length = this.weight.data.length / outputs;
    for (let image = 0; image < count; image++) {
      const maps = part(gradient, image);
      const columns = transposed(this.patches(image), places, length);
      add(this.weight.gradient, rowsTimesRows(maps, columns, outputs, places, length));
      if (this.bias) addSums(this.bias.gradient, maps, places);
    }
  }

  /** Returns the patches of one image of the last input, a row for each place of the kernel. */
  patches(/** @type {number} */ image) {
    const pixels = part(this.input, image);
    const rows = new Float32Array(this.places.length);
    for (let i = 0; i < rows.length; i++) {
      if (this.places[i] >= 0) rows[i] = pixels[this.places[i]];
    }
    return rows;
  }

  /** Adds every number of the patches to the pixel that it was taken from. */
  scatter(/** @type {Float32Array} */ rows, /** @type {Float32Array} */ pixels) {
    for (let i = 0; i < rows.length; i++) {
      if (this.places[i] >= 0) pixels[this.places[i]] += rows[i];
    }
  }

  /** Returns which pixel each number of the patches is taken from; -1 where it is padding. */
  patchPlaces(/** @type {number[]} */ [channels, height, width]) {
    const [, outputHeight, outputWidth] = this.outputShape([channels, height, width]);
    const [kernelHeight, kernelWidth] = this.size;
    const places = new Int32Array(outputHeight * outputWidth * channels * kernelHeight * kernelWidth);
    let i = 0;
    for (let y = 0; y < outputHeight; y++) {
      for (let x = 0; x < outputWidth; x++) {
        const top = y * this.stride[0] - this.padding[0];
        const left = x * this.stride[1] - this.padding[1];
        for (let channel = 0; channel < channels; channel++) {
          for (let row = top; row < top + kernelHeight; row++) {
            for (let column = left; column < left + kernelWidth; column++) {
              const inside = row >= 0 && row < height && column >= 0 && column < width;
              places[i++] = inside ? (channel * height + row) * width + column : -1;
            }
          }
        }
      }
    }
    return places;
  }
}

/** Returns the numbers of one image, as a view. */
function part(/** @type {Tensor} */ { shape: [count], data }, /** @type {number} */ image) {
  const size = data.length / count;
  return data.subarray(image * size, (image + 1) * size);
}

/**
 * Adds to all places of each map the bias of its channel.
 * @param {Float32Array} maps
 * @param {Float32Array} bias
 * @param {number} places
 */
function addToEachMap(maps, bias, places) {
  for (let map = 0; map < maps.length / places; map++) {
    const value = bias[map % bias.length];
    for (let i = map * places; i < (map + 1) * places; i++) maps[i] += value;
  }
}

/**
 * Adds to each sum all places of one channel's map.
 * @param {Float32Array} sums
 * @param {Float32Array} maps
 * @param {number} places
 */
function addSums(sums, maps, places) {
  for (let i = 0; i < maps.length; i++) sums[Math.floor(i / places)] += maps[i];
}
