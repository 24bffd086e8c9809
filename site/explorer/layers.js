// The layers beside convolution. Each one does three things: it computes its output, it hands a
// gradient by its output back as one by its input, and it says which inputs an output depends on.

import { ExplorerError } from "./errors.js";
import { add, rowsTimesRows, transposed } from "./matrix.js";
import { placesOf, seenFrom } from "./windows.js";

/** @import {Parameter, Range, Specification, Tensor} from "./network.js" */

const EVERYTHING = /** @type {Range} */ ([-Infinity, Infinity]);

/** @param {Tensor} tensor @param {(value: number, index: number) => number} change @returns {Tensor} */
function mapped({ shape, data }, change) {
  // A loop takes a third of the time of Float32Array's own map.
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = change(data[i], i);
  return { shape, data: result };
}

/** A layer that works on each number by itself. */
class Elementwise {
  /** @param {Specification} specification */
  constructor(specification) {
    this.name = specification.name;
    /** @type {Parameter[]} */
    this.parameters = [];
    /** @type {number[]} */
    this.shape = [];
    /** @type {Tensor} */
    this.output = { shape: [], data: new Float32Array() };
  }

  outputShape(/** @type {number[]} */ shape) {
    return shape;
  }

  /** @param {Range} range @param {number} [axis] 0 for rows, 1 for columns */
  source(range, axis) {
    return range;
  }
}

/** max(0, x) */
export class ReLU extends Elementwise {
  forward(/** @type {Tensor} */ input) {
    this.output = mapped(input, (x) => (x > 0 ? x : 0));
    return this.output;
  }

  backward(/** @type {Tensor} */ gradient) {
    return mapped(gradient, (value, i) => (this.output.data[i] > 0 ? value : 0));
  }
}

/** 1 / (1 + e⁻ˣ) */
export class Sigmoid extends Elementwise {
  forward(/** @type {Tensor} */ input) {
    this.output = mapped(input, (x) => 1 / (1 + Math.exp(-x)));
    return this.output;
  }

  backward(/** @type {Tensor} */ gradient) {
    return mapped(gradient, (value, i) => value * this.output.data[i] * (1 - this.output.data[i]));
  }
}

/** While training, sets a share of the numbers to 0 and enlarges the others to make up for it. */
export class Dropout extends Elementwise {
  /** @param {Specification} specification with `share` */
  constructor(specification) {
    super(specification);
    this.share = specification.share;
    this.random = Math.random;
    this.factors = new Float32Array();
  }

  forward(/** @type {Tensor} */ input, training = false) {
    const keep = 1 / (1 - this.share);
    this.factors = input.data.map(() => (!training ? 1 : this.random() < this.share ? 0 : keep));
    return mapped(input, (x, i) => x * this.factors[i]);
  }

  backward(/** @type {Tensor} */ gradient) {
    return mapped(gradient, (value, i) => value * this.factors[i]);
  }
}

/** Rows of numbers in place of maps: only the shape changes. */
export class Flatten extends Elementwise {
  outputShape(/** @type {number[]} */ shape) {
    return [shape.reduce((product, side) => product * side, 1)];
  }

  source() {
    return EVERYTHING;
  }

  forward(/** @type {Tensor} */ { shape, data }) {
    this.shape = shape;
    return { shape: [shape[0], data.length / shape[0]], data };
  }

  backward(/** @type {Tensor} */ { data }) {
    return { shape: this.shape, data };
  }
}

/** Zeros around each map. */
export class Pad extends Elementwise {
  /** @param {Specification} specification with `padding`: [left, right, top, bottom] */
  constructor(specification) {
    super(specification);
    const [left, right, top, bottom] = /** @type {number[]} */ (specification.padding);
    this.left = left;
    this.right = right;
    this.top = top;
    this.bottom = bottom;
  }

  outputShape(/** @type {number[]} */ [channels, height, width]) {
    return [channels, height + this.top + this.bottom, width + this.left + this.right];
  }

  source(/** @type {Range} */ [first, last], axis = 0) {
    const before = axis === 0 ? this.top : this.left;
    return /** @type {Range} */ ([first - before, last - before]);
  }

  forward(/** @type {Tensor} */ input) {
    const [count, ...shape] = input.shape;
    const padded = this.outputShape(shape);
    const data = new Float32Array(count * padded[0] * padded[1] * padded[2]);
    this.eachRow(input.shape, (from, to, width) => {
      data.set(input.data.subarray(from, from + width), to);
    });
    this.shape = input.shape;
    return { shape: [count, ...padded], data };
  }

  backward(/** @type {Tensor} */ gradient) {
    const shape = this.shape;
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
    this.eachRow(shape, (from, to, width) => {
      data.set(gradient.data.subarray(to, to + width), from);
    });
    return { shape, data };
  }

  /**
   * Calls `visit` with where each row lies without and with the zeros.
   * @param {number[]} shape
   * @param {(from: number, to: number, width: number) => void} visit
   */
  eachRow([count, ...shape], visit) {
    const [channels, height, width] = shape;
    const [, paddedHeight, paddedWidth] = this.outputShape(shape);
    for (let map = 0; map < count * channels; map++) {
      for (let row = 0; row < height; row++) {
        const to = (map * paddedHeight + row + this.top) * paddedWidth + this.left;
        visit((map * height + row) * width, to, width);
      }
    }
  }
}

/** Max pooling: the largest number in each window; it alone gets the gradient back. */
export class MaxPool extends Elementwise {
  /** @param {Specification} specification with `size`, `stride` and `padding` */
  constructor(specification) {
    super(specification);
    /** @type {number[]} */
    this.size = specification.size;
    /** @type {number[]} */
    this.stride = specification.stride;
    /** @type {number[]} */
    this.padding = specification.padding;
    this.winners = new Int32Array();
  }

  outputShape(/** @type {number[]} */ [channels, ...sides]) {
    const [height, width] = placesOf(this, sides);
    if (!(height > 0 && width > 0)) throw new ExplorerError("layersDoNotFit", { name: this.name });
    return [channels, height, width];
  }

  source(/** @type {Range} */ range, axis = 0) {
    return seenFrom(this, range, axis);
  }

  forward(/** @type {Tensor} */ input) {
    const [count, channels, height, width] = input.shape;
    const [, outputHeight, outputWidth] = this.outputShape([channels, height, width]);
    const data = new Float32Array(count * channels * outputHeight * outputWidth);
    this.shape = input.shape;
    this.winners = new Int32Array(data.length);
    let i = 0;
    for (let map = 0; map < count * channels; map++) {
      for (let y = 0; y < outputHeight; y++) {
        const top = y * this.stride[0] - this.padding[0];
        const bottom = Math.min(top + this.size[0], height);
        for (let x = 0; x < outputWidth; x++) {
          const left = x * this.stride[1] - this.padding[1];
          const right = Math.min(left + this.size[1], width);
          let largest = -Infinity;
          let winner = -1;
          for (let row = Math.max(top, 0); row < bottom; row++) {
            for (let column = Math.max(left, 0); column < right; column++) {
              const place = (map * height + row) * width + column;
              if (input.data[place] > largest) {
                largest = input.data[place];
                winner = place;
              }
            }
          }
          data[i] = largest;
          this.winners[i++] = winner;
        }
      }
    }
    return { shape: [count, channels, outputHeight, outputWidth], data };
  }

  backward(/** @type {Tensor} */ gradient) {
    const data = new Float32Array(this.shape.reduce((product, side) => product * side, 1));
    for (let i = 0; i < gradient.data.length; i++) data[this.winners[i]] += gradient.data[i];
    return { shape: this.shape, data };
  }
}

/** Global average pooling: the mean of each map. */
export class GlobalAveragePool extends Elementwise {
  outputShape(/** @type {number[]} */ [channels]) {
    return [channels, 1, 1];
  }

  source() {
    return EVERYTHING;
  }

  forward(/** @type {Tensor} */ { shape, data }) {
    const [count, channels, height, width] = shape;
    const places = height * width;
    const means = new Float32Array(count * channels);
    for (let map = 0; map < means.length; map++) {
      let sum = 0;
      for (let i = map * places; i < (map + 1) * places; i++) sum += data[i];
      means[map] = sum / places;
    }
    this.shape = shape;
    return { shape: [count, channels, 1, 1], data: means };
  }

  backward(/** @type {Tensor} */ gradient) {
    const shape = this.shape;
    const places = shape[2] * shape[3];
    const data = new Float32Array(gradient.data.length * places);
    gradient.data.forEach((value, map) => {
      data.fill(value / places, map * places, (map + 1) * places);
    });
    return { shape, data };
  }
}

/** Every output is a weighted sum of all inputs, plus a bias. */
export class Linear {
  /**
   * @param {Specification} specification
   * @param {(name: string, axes: number) => Parameter} parameter
   */
  constructor(specification, parameter) {
    this.name = specification.name;
    this.weight = parameter(specification.weight, 2);
    this.bias = specification.bias ? parameter(specification.bias, 1) : null;
    this.parameters = this.bias ? [this.weight, this.bias] : [this.weight];
    /** @type {Tensor} */
    this.input = { shape: [], data: new Float32Array() };
  }

  outputShape(/** @type {number[]} */ shape) {
    const [outputs, inputs] = this.weight.shape;
    if (shape.length !== 1 || shape[0] !== inputs) {
      throw new ExplorerError("layersDoNotFit", { name: this.name });
    }
    if (this.bias && this.bias.shape[0] !== outputs) throw new ExplorerError("damagedFile");
    return [outputs];
  }

  source() {
    return EVERYTHING;
  }

  forward(/** @type {Tensor} */ input) {
    const [count, inputs] = input.shape;
    const [outputs] = this.weight.shape;
    const data = rowsTimesRows(input.data, this.weight.data, count, inputs, outputs);
    const bias = this.bias;
    this.input = input;
    return {
      shape: [count, outputs],
      data: bias ? data.map((sum, i) => sum + bias.data[i % outputs]) : data,
    };
  }

  backward(/** @type {Tensor} */ gradient) {
    const [count, inputs] = this.input.shape;
    const outputs = this.weight.shape[0];
    const weights = transposed(this.weight.data, outputs, inputs);
    const data = rowsTimesRows(gradient.data, weights, count, outputs, inputs);
    return { shape: [count, inputs], data };
  }

  learn(/** @type {Tensor} */ gradient) {
    const [count, outputs] = gradient.shape;
    const inputs = this.input.shape[1];
    const gradients = transposed(gradient.data, count, outputs);
    const seen = transposed(this.input.data, count, inputs);
    add(this.weight.gradient, rowsTimesRows(gradients, seen, outputs, count, inputs));
    const bias = this.bias;
    if (bias) gradient.data.forEach((value, i) => (bias.gradient[i % outputs] += value));
  }
}
