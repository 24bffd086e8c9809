// A chain of layers: it computes what every layer says to an image, and what a prediction rests on.

import { Convolution } from "./convolution.js";
import { ExplorerError } from "./errors.js";
import { Dropout, Flatten, GlobalAveragePool, Linear, MaxPool, Pad, ReLU, Sigmoid } from "./layers.js";
import { BatchNorm } from "./normalisation.js";
import { seededRandom } from "./random.js";
import { floats, readSafetensors, writeSafetensors } from "./safetensors.js";

export { Trainer } from "./trainer.js";

/**
 * @typedef {{shape: number[], data: Float32Array<ArrayBufferLike>}} Tensor numbers, row after row
 * @typedef {Tensor & {gradient: Float32Array}} Parameter
 * @typedef {[first: number, last: number]} Range rows or columns, both ends included
 * @typedef {Record<string, any> & {kind: string, name: string}} Specification a layer in the file
 * @typedef {object} Layer
 * @property {string} name
 * @property {Parameter[]} parameters
 * @property {(shape: number[]) => number[]} outputShape without the number of images, as below
 * @property {(range: Range, axis: number) => Range} source
 * @property {(input: Tensor, training?: boolean) => Tensor} forward
 * @property {(gradient: Tensor) => Tensor} backward
 * @property {(gradient: Tensor) => void} [learn]
 */

/** @type {Record<string, new (specification: Specification, parameter: (name: string, axes: number) => Parameter) => Layer>} */
const KINDS = {
  batchNorm: BatchNorm,
  convolution: Convolution,
  dropout: Dropout,
  flatten: Flatten,
  globalAveragePool: GlobalAveragePool,
  linear: Linear,
  maxPool: MaxPool,
  pad: Pad,
  relu: ReLU,
  sigmoid: Sigmoid,
};

/** A network that answers with logits. */
export class Network {
  /**
   * @param {Layer[]} layers
   * @param {number[]} inputShape [channels, height, width] of an image
   * @param {import("./safetensors.js").Contents} contents of the file, to write one like it
   * @param {Map<string, Parameter>} parameters by their names in the file
   */
  constructor(layers, inputShape, contents, parameters) {
    this.layers = layers;
    this.inputShape = inputShape;
    this.contents = contents;
    this.parameters = parameters;
    /** @type {number[]} */
    this.logits = [];
  }

  /**
   * Makes the network of a file that `helpers.training.save` has written.
   * @param {ArrayBuffer} buffer
   * @returns {Network}
   * @throws {ExplorerError} The file is damaged, or holds no network that can be shown.
   */
  static fromSafetensors(buffer) {
    const contents = readSafetensors(buffer);
    const { specifications, inputShape } = describedIn(contents.metadata);
    /** @type {Map<string, Parameter>} */
    const parameters = new Map();
    const parameter = (/** @type {string} */ name, /** @type {number} */ axes) => {
      const stored = contents.tensors.get(name);
      if (!stored || stored.shape.length !== axes) throw new ExplorerError("damagedFile");
      const data = floats(stored);
      const made = { shape: stored.shape, data, gradient: new Float32Array(data.length) };
      parameters.set(name, made);
      return made;
    };
    const layers = specifications.map((each) => {
      if (!Object.hasOwn(KINDS, each.kind)) {
        throw new ExplorerError("unknownLayer", { name: String(each.name), kind: String(each.kind) });
      }
      return new KINDS[each.kind](each, parameter);
    });
    const network = new Network(layers, inputShape, contents, parameters);
    if (network.shapes().at(-1)?.length !== 1) throw new ExplorerError("noLogits");
    return network;
  }

  /** Returns the bytes of a file with the weights as they are now. */
  toSafetensors() {
    const tensors = new Map(this.contents.tensors);
    for (const [name, { shape, data }] of this.parameters) {
      tensors.set(name, { dtype: "F32", shape, bytes: new Uint8Array(data.slice().buffer) });
    }
    return writeSafetensors({ tensors, metadata: this.contents.metadata });
  }

  /** Returns the shape of every layer's output, without the number of images. */
  shapes() {
    let shape = this.inputShape;
    return this.layers.map((layer) => (shape = layer.outputShape(shape)));
  }

  /**
   * Returns what every layer says to one image; the last one says the logits.
   * @param {Float32Array} pixels in [-1, 1]
   * @returns {Record<string, Tensor>} for each layer (channels, height, width) or (units)
   */
  forward(pixels) {
    /** @type {Record<string, Tensor>} */
    const outputs = {};
    /** @type {Tensor} */
    let tensor = { shape: [1, ...this.inputShape], data: pixels };
    for (const layer of this.layers) {
      tensor = layer.forward(tensor);
      outputs[layer.name] = { shape: tensor.shape.slice(1), data: tensor.data };
    }
    this.outputs = outputs;
    this.logits = Array.from(tensor.data);
    return outputs;
  }

  /** Returns the class of the highest logit for the last image. */
  predicted() {
    return this.logits.indexOf(Math.max(...this.logits));
  }

  /**
   * Returns the gradient of a logit for the last image: by the output of a layer, or by the image.
   * @param {string | null} layer
   * @param {number} target
   * @returns {Tensor}
   */
  gradient(layer, target) {
    const data = Float32Array.from(this.logits, (_, index) => Number(index === target));
    /** @type {Tensor} */
    let gradient = { shape: [1, data.length], data };
    for (const each of this.layers.slice().reverse()) {
      if (each.name === layer) return gradient;
      gradient = each.backward(gradient);
    }
    return gradient;
  }

  /**
   * Returns where a layer found evidence for a class in the last image (Grad-CAM): each map is
   * weighted by the mean of its gradient, and what is positive in the sum is enlarged.
   * @param {string} layer one with maps
   * @param {number} [target] the predicted class if left out
   * @returns {Tensor} (height, width) of the image
   */
  gradCam(layer, target = this.predicted()) {
    const { shape, data } = this.outputs?.[layer] ?? { shape: [], data: new Float32Array() };
    const [channels, height, width] = shape;
    const places = height * width;
    const gradient = this.gradient(layer, target).data;
    const sum = new Float32Array(places);
    for (let channel = 0; channel < channels; channel++) {
      const start = channel * places;
      let weight = 0;
      for (let i = start; i < start + places; i++) weight += gradient[i] / places;
      for (let i = 0; i < places; i++) sum[i] += weight * data[start + i];
    }
    const evidence = { shape: [height, width], data: sum.map((value) => Math.max(value, 0)) };
    return enlarged(evidence, this.inputShape.slice(1));
  }

  /**
   * Returns how strongly each pixel of the last image moves a logit: its absolute gradient, the
   * largest of all channels.
   * @param {number} [target] the predicted class if left out
   * @returns {Tensor} (height, width)
   */
  saliency(target = this.predicted()) {
    const [channels, height, width] = this.inputShape;
    const gradient = this.gradient(null, target).data;
    const data = new Float32Array(height * width);
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0; i < data.length; i++) {
        data[i] = Math.max(data[i], Math.abs(gradient[channel * data.length + i]));
      }
    }
    return { shape: [height, width], data };
  }

  /**
   * Returns the rows and columns of the image that one place of a layer depends on.
   * @param {string} layer
   * @param {number} row
   * @param {number} column
   * @returns {{rows: Range, columns: Range}} they reach beyond the image where there is padding
   */
  receptiveField(layer, row, column) {
    const last = this.layers.findIndex((each) => each.name === layer);
    const [rows, columns] = [row, column].map((place, axis) => {
      let range = /** @type {Range} */ ([place, place]);
      for (const each of this.layers.slice(0, last + 1).reverse()) range = each.source(range, axis);
      return range;
    });
    return { rows, columns };
  }

  /**
   * Gives every layer new random weights, as PyTorch does, and forgets what batches were like.
   * @param {number} seed
   */
  randomise(seed) {
    const random = seededRandom(seed);
    for (const layer of this.layers) {
      if (layer instanceof BatchNorm) {
        for (const each of [layer.weight, layer.variance]) each.data.fill(1);
        for (const each of [layer.bias, layer.mean]) each.data.fill(0);
      } else if (layer.parameters.length > 0) {
        const [weight] = layer.parameters;
        const limit = 1 / Math.sqrt(weight.data.length / weight.shape[0]);
        for (const { data } of layer.parameters) {
          for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) * limit;
        }
      }
    }
  }
}

/**
 * Returns the layers that a file's metadata describe.
 * @param {Record<string, string>} metadata
 * @returns {{specifications: Specification[], inputShape: number[]}}
 */
function describedIn(metadata) {
  if (metadata.unsupported) throw new ExplorerError("unsupported", { what: metadata.unsupported });
  if (!metadata.layers || !metadata.input) throw new ExplorerError("noLayers");
  try {
    const specifications = JSON.parse(metadata.layers);
    const inputShape = JSON.parse(metadata.input);
    if (!specifications.every((/** @type {any} */ each) => typeof each.name === "string")) throw 0;
    return { specifications, inputShape };
  } catch {
    throw new ExplorerError("damagedFile");
  }
}

/**
 * Enlarges a map (bilinear, corners not aligned, as `torch.nn.functional.interpolate` does).
 * @param {Tensor} map (height, width)
 * @param {number[]} size
 * @returns {Tensor}
 */
export function enlarged({ shape: [height, width], data }, [newHeight, newWidth]) {
  const rows = neighbours(height, newHeight);
  const columns = neighbours(width, newWidth);
  const result = new Float32Array(newHeight * newWidth);
  rows.forEach(([top, bottom, down], y) => {
    columns.forEach(([left, right, along], x) => {
      const upper = data[top * width + left] * (1 - along) + data[top * width + right] * along;
      const lower = data[bottom * width + left] * (1 - along) + data[bottom * width + right] * along;
      result[y * newWidth + x] = upper * (1 - down) + lower * down;
    });
  });
  return { shape: [newHeight, newWidth], data: result };
}

/**
 * For each place of the larger side: the two places of the smaller one around it, and the share of
 * the second.
 * @param {number} small
 * @param {number} large
 */
function neighbours(small, large) {
  return Array.from({ length: large }, (_, i) => {
    const place = Math.max(((i + 0.5) * small) / large - 0.5, 0);
    const first = Math.min(Math.floor(place), small - 1);
    return [first, Math.min(first + 1, small - 1), place - first];
  });
}
