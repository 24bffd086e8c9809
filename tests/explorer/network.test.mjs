// What the explorer's network computes, held to what PyTorch does (fixtures.py).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Network, Trainer } from "../../site/explorer/network.js";
import { floats, readSafetensors } from "../../site/explorer/safetensors.js";

const FOLDER = process.env.EXPLORER_FIXTURES;
const NETWORKS = ["CNN", "Net", "Model", "LeNet", "CompactCNN"];
const TRAININGS = {
  CNN: [["sgd", 0.01], ["adam", 0.001]],
  Model: [["sgd", 0.01]],
  LeNet: [["sgd", 0.01], ["adam", 0.001]],
  CompactCNN: [["sgd", 0.01]],
};

function read(name) {
  const bytes = readFileSync(`${FOLDER}/${name}.safetensors`);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

function load(name) {
  const { tensors } = readSafetensors(read(`${name}-expected`));
  const expected = Object.fromEntries([...tensors].map(([key, stored]) => [key, floats(stored)]));
  return { network: Network.fromSafetensors(read(name)), expected };
}

function assertClose(found, wanted, tolerance, what) {
  assert.equal(found.length, wanted.length, what);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
  assert.ok(worst <= tolerance * largest, `${what}: off by ${worst}`);
}

function keysOf(expected, kind) {
  return Object.keys(expected).filter((key) => key.startsWith(`${kind}/`));
}

for (const name of NETWORKS) {
  const { network, expected } = load(name);

  test(`${name}: every layer says what it says in PyTorch`, () => {
    const outputs = network.forward(expected.image);
    assertClose(network.logits, expected.logits, 1e-4, "logits");
    const keys = keysOf(expected, "layer");
    assert.ok(keys.length >= 5);
    for (const key of keys) {
      const layer = key.slice("layer/".length);
      assertClose(outputs[layer].data, expected[key], 1e-4, key);
    }
  });

  test(`${name}: Grad-CAM and saliency are PyTorch's`, () => {
    network.forward(expected.image);
    for (const key of keysOf(expected, "cam")) {
      const [, layer, target] = key.split("/");
      const map = network.gradCam(layer, Number(target));
      assert.deepEqual(map.shape, [28, 28]);
      assertClose(map.data, expected[key], 1e-4, key);
    }
    for (const key of keysOf(expected, "saliency")) {
      assertClose(network.saliency(Number(key.split("/")[1])).data, expected[key], 1e-4, key);
    }
  });

  for (const [optimizer, learningRate] of TRAININGS[name] ?? []) {
    test(`${name}: twenty steps of ${optimizer} end at PyTorch's weights`, () => {
      const { network: learner } = load(name);
      const trainer = new Trainer(
        learner,
        Uint8Array.from(expected.images),
        Uint8Array.from(expected.labels),
        { learningRate, batchSize: 8, seed: null, optimizer },
      );
      const losses = Array.from({ length: 20 }, () => trainer.step());
      assertClose(losses, expected[`losses/${optimizer}`], 1e-3, "losses");
      for (const key of keysOf(expected, `after/${optimizer}`)) {
        const parameter = key.split("/")[2];
        // Batch normalisation takes off whatever bias comes before it: the gradient of such a bias
        // is a rounding error, and Adam makes a whole step of that.
        if (name === "CNN" && /conv..bias|running_mean/.test(parameter)) continue;
        assertClose(learner.parameters.get(parameter).data, expected[key], 1e-3, key);
      }
    });
  }
}

test("weights that are saved are the ones that were learned", () => {
  const { network } = load("CNN");
  network.randomise(1);
  const again = Network.fromSafetensors(network.toSafetensors().buffer);
  for (const [name, { data }] of network.parameters) {
    assert.deepEqual(again.parameters.get(name).data, data);
  }
});

test("the same seed gives the same weights, another seed others", () => {
  const { network } = load("CNN");
  const weights = (seed) => {
    network.randomise(seed);
    return Array.from(network.parameters.get("conv1.weight").data);
  };
  assert.deepEqual(weights(1), weights(1));
  assert.notDeepEqual(weights(1), weights(2));
  assert.ok(weights(3).every((value) => Math.abs(value) <= 1 / 3));
});

test("a place of pool2 depends on ten by ten pixels", () => {
  const { network } = load("CNN");
  assert.deepEqual(network.receptiveField("conv1", 5, 7), { rows: [4, 6], columns: [6, 8] });
  assert.deepEqual(network.receptiveField("pool2", 3, 3), { rows: [9, 18], columns: [9, 18] });
});
