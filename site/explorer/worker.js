// Trains beside the page, so that drawing goes on meanwhile. Talks by messages alone.

import { Network, Trainer } from "./network.js";
import { batchOf } from "./trainer.js";

/**
 * @typedef {object} Start
 * @property {"start"} type
 * @property {ArrayBuffer} file the network, as a safetensors file
 * @property {{images: Uint8Array, labels: Uint8Array}} train
 * @property {{images: Uint8Array, labels: Uint8Array}} test
 * @property {{learningRate: number, batchSize: number, optimizer: "sgd" | "adam", seed: number}} settings
 * @typedef {Start | {type: "pause"} | {type: "resume"} | {type: "step"} | {type: "settings", learningRate: number, batchSize: number}} Order
 * @typedef {{loss: number, seen: number, seconds: number, accuracy: number | null, weights: Float32Array[]}} Report
 */

const REPORT_EVERY = 150; // milliseconds
const TEST_SHARE = 0.2; // of the time
const TEST_IMAGES = 200;

/** @type {Network} */
let network;
/** @type {Trainer} */
let trainer;
/** @type {Start["test"]} */
let test;
let running = false;
let seconds = 0;
let nextTest = 0;

onmessage = (/** @type {MessageEvent<Order>} */ { data: order }) => {
  if (order.type === "start") begin(order);
  else if (order.type === "pause") running = false;
  else if (order.type === "resume") go();
  else if (order.type === "step") report(trainFor(0), true);
  else Object.assign(trainer, { learningRate: order.learningRate, batchSize: order.batchSize });
};

/** @param {Start} order */
function begin(order) {
  network = Network.fromSafetensors(order.file);
  network.randomise(order.settings.seed);
  trainer = new Trainer(network, order.train.images, order.train.labels, order.settings);
  test = order.test;
  seconds = 0;
  nextTest = performance.now() + 1000;
  go();
}

function go() {
  running = true;
  setTimeout(round);
}

/** Trains for a moment, reports, and lets messages in before it goes on. */
function round() {
  if (!running) return;
  const loss = trainFor(REPORT_EVERY);
  const isTestDue = performance.now() > nextTest;
  report(loss, isTestDue);
  running &&= Number.isFinite(loss);
  if (running) setTimeout(round);
}

/** Takes at least one step; returns the mean loss. @param {number} milliseconds */
function trainFor(milliseconds) {
  const start = performance.now();
  let total = 0;
  let steps = 0;
  do {
    total += trainer.step();
    steps++;
  } while (performance.now() - start < milliseconds);
  seconds += (performance.now() - start) / 1000;
  return total / steps;
}

/** @param {number} loss @param {boolean} withTest */
function report(loss, withTest) {
  const accuracy = withTest ? accuracyOnTest() : null;
  const weights = [...network.parameters.values()].map(({ data }) => data.slice());
  postMessage({ loss, seen: trainer.seen, seconds, accuracy, weights });
}

function accuracyOnTest() {
  const start = performance.now();
  let correct = 0;
  for (let index = 0; index < TEST_IMAGES; index++) {
    network.forward(batchOf(test.images, network.inputShape, [index]).data);
    if (network.predicted() === test.labels[index]) correct++;
  }
  const end = performance.now();
  nextTest = end + (end - start) / TEST_SHARE;
  return correct / TEST_IMAGES;
}
