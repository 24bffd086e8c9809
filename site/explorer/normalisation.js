// Batch normalisation: each channel gets mean 0 and variance 1, then a scale and a shift of its own.

import { ExplorerError } from "./errors.js";

/** @import {Parameter, Range, Specification, Tensor} from "./network.js" */

/** Takes mean and variance from the batch while training, and from what it has kept otherwise. */
export class BatchNorm {
  /**
   * @param {Specification} specification with `epsilon` and `momentum`
   * @param {(name: string, axes: number) => Parameter} parameter
   */
  constructor(specification, parameter) {
    this.name = specification.name;
    this.epsilon = specification.epsilon;
    this.momentum = specification.momentum;
    this.weight = parameter(specification.weight, 1);
    this.bias = parameter(specification.bias, 1);
    this.mean = parameter(specification.mean, 1);
    this.variance = parameter(specification.variance, 1);
    this.parameters = [this.weight, this.bias];
    this.training = false;
    this.deviations = new Float32Array();
    /** @type {Tensor} */
    this.normal = { shape: [], data: new Float32Array() };
  }

  outputShape(/** @type {number[]} */ shape) {
    const all = [this.weight, this.bias, this.mean, this.variance];
    if (shape.length !== 3 || all.some((each) => each.shape[0] !== shape[0])) {
      throw new ExplorerError("layersDoNotFit", { name: this.name });
    }
    return shape;
  }

  source(/** @type {Range} */ range) {
    return range;
  }

  forward(/** @type {Tensor} */ { shape, data }, training = false) {
    const output = new Float32Array(data.length);
    this.normal = { shape, data: new Float32Array(data.length) };
    this.training = training;
    this.deviations = new Float32Array(shape[1]);
    for (let channel = 0; channel < shape[1]; channel++) {
      const { mean, variance } = training
        ? this.momentsOfBatch(data, shape, channel)
        : { mean: this.mean.data[channel], variance: this.variance.data[channel] };
      const deviation = Math.sqrt(variance + this.epsilon);
      this.deviations[channel] = deviation;
      eachOfChannel(shape, channel, (i) => {
        this.normal.data[i] = (data[i] - mean) / deviation;
        output[i] = this.normal.data[i] * this.weight.data[channel] + this.bias.data[channel];
      });
    }
    return { shape, data: output };
  }

  /**
   * Returns mean and variance of a channel, and moves a little towards them what is kept.
   * @param {Float32Array} data
   * @param {number[]} shape
   * @param {number} channel
   */
  momentsOfBatch(data, shape, channel) {
    const size = shape[0] * shape[2] * shape[3];
    let sum = 0;
    eachOfChannel(shape, channel, (i) => (sum += data[i]));
    const mean = sum / size;
    let squares = 0;
    eachOfChannel(shape, channel, (i) => (squares += (data[i] - mean) ** 2));
    const variance = squares / size;
    const unbiased = squares / Math.max(size - 1, 1);
    this.mean.data[channel] += this.momentum * (mean - this.mean.data[channel]);
    this.variance.data[channel] += this.momentum * (unbiased - this.variance.data[channel]);
    return { mean, variance };
  }

  backward(/** @type {Tensor} */ { shape, data }) {
    const result = new Float32Array(data.length);
    const size = shape[0] * shape[2] * shape[3];
    for (let channel = 0; channel < shape[1]; channel++) {
      const factor = this.weight.data[channel] / this.deviations[channel];
      let mean = 0;
      let slope = 0;
      if (this.training) {
        // The mean and the variance depend on every number of the channel, too.
        const { sum, product } = this.sums(data, shape, channel);
        mean = sum / size;
        slope = product / size;
      }
      eachOfChannel(shape, channel, (i) => {
        result[i] = factor * (data[i] - mean - slope * this.normal.data[i]);
      });
    }
    return { shape, data: result };
  }

  learn(/** @type {Tensor} */ { shape, data }) {
    for (let channel = 0; channel < shape[1]; channel++) {
      const { sum, product } = this.sums(data, shape, channel);
      this.bias.gradient[channel] += sum;
      this.weight.gradient[channel] += product;
    }
  }

  /**
   * Returns the sum of a channel's gradients, and that of their products with what they belong to.
   * @param {Float32Array} data
   * @param {number[]} shape
   * @param {number} channel
   */
  sums(data, shape, channel) {
    let sum = 0;
    let product = 0;
    eachOfChannel(shape, channel, (i) => {
      sum += data[i];
      product += data[i] * this.normal.data[i];
    });
    return { sum, product };
  }
}

/**
 * Calls `visit` with the place of every number of a channel, in all images.
 * @param {number[]} shape (count, channels, height, width)
 * @param {number} channel
 * @param {(index: number) => void} visit
 */
function eachOfChannel([count, channels, height, width], channel, visit) {
  const places = height * width;
  for (let image = 0; image < count; image++) {
    const start = (image * channels + channel) * places;
    for (let i = start; i < start + places; i++) visit(i);
  }
}
