// Learning: the loss of a batch, its gradient by every weight, and a small step against it.

import { Dropout } from "./layers.js";
import { seededRandom } from "./random.js";

/** @import {Network, Parameter, Tensor} from "./network.js" */

/** @typedef {(parameter: Parameter, learningRate: number) => void} Optimizer moves one tensor */

/** Trains a network on labelled images, one mini-batch a step. */
export class Trainer {
  /**
   * @param {Network} network
   * @param {Uint8Array} images pixels 0..255, image after image
   * @param {Uint8Array} labels
   * @param {{learningRate?: number, batchSize?: number, seed?: number | null, optimizer?: "sgd" | "adam"}} [options]
   *   without a seed the images come in their own order
   */
  constructor(network, images, labels, options = {}) {
    const { learningRate = 0.05, batchSize = 32, seed = 0, optimizer = "sgd" } = options;
    this.network = network;
    this.images = images;
    this.labels = labels;
    this.learningRate = learningRate;
    this.batchSize = batchSize;
    this.optimizer = OPTIMIZERS[optimizer]();
    this.random = seed === null ? null : seededRandom(seed);
    /** Images seen so far. */
    this.seen = 0;
    this.correct = 0;
    this.order = this.newOrder();
    for (const layer of network.layers) {
      if (layer instanceof Dropout && this.random) layer.random = this.random;
    }
  }

  /** Trains on the next batch, and returns its mean cross-entropy before the weights moved. */
  step() {
    const { images, labels } = this.nextBatch();
    const logits = this.forward(images);
    const { loss, gradient, correct } = crossEntropy(logits, labels);
    this.correct = correct / labels.length;
    this.backward(gradient);
    for (const { parameters } of this.network.layers) {
      for (const parameter of parameters) this.optimizer(parameter, this.learningRate);
    }
    return loss;
  }

  /** @param {Tensor} tensor */
  forward(tensor) {
    for (const layer of this.network.layers) tensor = layer.forward(tensor, true);
    return tensor;
  }

  /** @param {Tensor} gradient of the loss by the logits */
  backward(gradient) {
    const { layers } = this.network;
    for (const { parameters } of layers) {
      for (const parameter of parameters) parameter.gradient.fill(0);
    }
    for (let i = layers.length - 1; i >= 0; i--) {
      layers[i].learn?.(gradient);
      if (i > 0) gradient = layers[i].backward(gradient);
    }
  }

  nextBatch() {
    const at = this.seen % this.order.length;
    if (at === 0) this.order = this.newOrder();
    const chosen = this.order.slice(at, at + this.batchSize);
    this.seen += chosen.length;
    return {
      images: batchOf(this.images, this.network.inputShape, chosen),
      labels: chosen.map((index) => this.labels[index]),
    };
  }

  /** Returns the places of all images in the order of the next epoch (Fisher and Yates's shuffle). */
  newOrder() {
    const order = Array.from(this.labels, (_, index) => index);
    for (let i = order.length - 1; this.random && i > 0; i--) {
      const other = Math.floor(this.random() * (i + 1));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }
}

/**
 * Returns the chosen images with pixels in [-1, 1].
 * @param {Uint8Array} images pixels 0..255
 * @param {number[]} shape of one image
 * @param {number[]} chosen
 * @returns {Tensor}
 */
export function batchOf(images, shape, chosen) {
  const size = shape.reduce((product, side) => product * side, 1);
  const data = new Float32Array(chosen.length * size);
  chosen.forEach((index, place) => {
    for (let i = 0; i < size; i++) data[place * size + i] = images[index * size + i] / 127.5 - 1;
  });
  return { shape: [chosen.length, ...shape], data };
}

/**
 * @param {ArrayLike<number>} logits
 * @returns {number[]} probabilities: never negative, 1 in all
 */
export function softmax(logits) {
  const highest = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * Returns the mean loss of a batch, its gradient by the logits, and how many images are right.
 * @param {Tensor} logits
 * @param {number[]} labels
 */
export function crossEntropy({ shape, data }, labels) {
  const [count, classes] = shape;
  const gradient = new Float32Array(data.length);
  let loss = 0;
  let correct = 0;
  for (let image = 0; image < count; image++) {
    const row = data.subarray(image * classes, (image + 1) * classes);
    const probabilities = softmax(row);
    const label = labels[image];
    if (row[label] === Math.max(...row)) correct++;
    // The logarithm of the sum, rather than of a probability that may have been rounded to 0.
    const highest = Math.max(...row);
    const sum = row.reduce((total, logit) => total + Math.exp(logit - highest), 0);
    loss += (highest + Math.log(sum) - row[label]) / count;
    probabilities.forEach((probability, index) => {
      gradient[image * classes + index] = (probability - Number(index === label)) / count;
    });
  }
  return { loss, gradient: { shape, data: gradient }, correct };
}

/** @type {Record<string, () => Optimizer>} */
const OPTIMIZERS = { sgd: sgdWithMomentum, adam };

/** Keeps going where it went before, and takes nine tenths of that along. */
function sgdWithMomentum(momentum = 0.9) {
  /** @type {Map<Parameter, Float32Array>} */
  const velocities = new Map();
  return (/** @type {Parameter} */ parameter, /** @type {number} */ learningRate) => {
    const { data, gradient } = parameter;
    const velocity = kept(velocities, parameter);
    for (let i = 0; i < data.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i];
      data[i] -= learningRate * velocity[i];
    }
  };
}

/** Gives every weight a step of its own, large where gradients have been small (Adam). */
function adam(slow = 0.9, slower = 0.999, tiny = 1e-8) {
  /** @type {Map<Parameter, Float32Array>} */
  const means = new Map();
  /** @type {Map<Parameter, Float32Array>} */
  const squares = new Map();
  /** @type {Map<Parameter, number>} */
  const steps = new Map();
  return (/** @type {Parameter} */ parameter, /** @type {number} */ learningRate) => {
    const { data, gradient } = parameter;
    const mean = kept(means, parameter);
    const square = kept(squares, parameter);
    const step = (steps.get(parameter) ?? 0) + 1;
    steps.set(parameter, step);
    // Both began at 0, and are too small at first.
    const meanShare = 1 - slow ** step;
    const squareShare = 1 - slower ** step;
    for (let i = 0; i < data.length; i++) {
      mean[i] = slow * mean[i] + (1 - slow) * gradient[i];
      square[i] = slower * square[i] + (1 - slower) * gradient[i] ** 2;
      data[i] -= (learningRate * mean[i]) / meanShare / (Math.sqrt(square[i] / squareShare) + tiny);
    }
  };
}

/** @param {Map<Parameter, Float32Array>} memory @param {Parameter} parameter */
function kept(memory, parameter) {
  const found = memory.get(parameter) ?? new Float32Array(parameter.data.length);
  memory.set(parameter, found);
  return found;
}
