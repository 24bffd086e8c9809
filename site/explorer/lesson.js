// Teaching a network from random weights, in a worker of its own.

import { loadPart } from "./data.js";
import { button, element, shown } from "./elements.js";
import { say, sayError } from "./words.js";

/** @import {Report} from "./worker.js" */

const CURVE = { width: 300, height: 90 };

/**
 * @typedef {object} Pupil what the lesson needs of the page
 * @property {() => Promise<ArrayBuffer>} file of the network to be taught
 * @property {(dataset: string) => void} begin
 * @property {(weights: Float32Array[]) => void} show the weights so far
 * @property {() => void} end goes back to the trained weights
 */

export class Lesson {
  /** @param {HTMLElement} root @param {HTMLElement} architecture chooses the network @param {Pupil} pupil */
  constructor(root, architecture, pupil) {
    this.pupil = pupil;
    /** @type {Worker | null} */
    this.worker = null;
    this.dataset = choice("dataset", ["MNIST", "FashionMNIST"]);
    this.optimizer = choice("optimizer", ["sgd", "adam"], ["SGD + momentum", "Adam"]);
    // Sliders move in powers, as that is how these two matter.
    this.rate = slider("learning-rate", say("learningRate"), -4, 1, 0.25, -2, (value) => shown(10 ** value, 4));
    this.batch = slider("batch-size", say("batchSize"), 0, 7, 1, 3, (value) => String(2 ** value));
    for (const each of [this.rate, this.batch]) each.input.addEventListener("input", () => this.tune());
    this.startButton = button(say("start"), () => this.start(), { id: "train", class: "main" });
    this.pauseButton = button(say("pause"), () => this.toggle(), { id: "pause", disabled: true });
    this.stepButton = button(say("step"), () => this.send({ type: "step" }), { id: "step", disabled: true });
    this.stopButton = button(say("stop"), () => this.stop(), { id: "stop", disabled: true });
    this.status = element("p", { id: "progress", role: "status" });
    this.lossCurve = curve(say("lossCurve"));
    this.accuracyCurve = curve(say("accuracyCurve"));
    root.append(
      element("div", { class: "settings" }, architecture, this.dataset.label, this.optimizer.label, this.rate.label, this.batch.label),
      element("div", { class: "buttons" }, this.startButton, this.pauseButton, this.stepButton, this.stopButton),
      this.status,
      element("div", { class: "curves" }, this.lossCurve.figure, this.accuracyCurve.figure),
    );
  }

  settings() {
    return { learningRate: 10 ** Number(this.rate.input.value), batchSize: 2 ** Number(this.batch.input.value) };
  }

  async start() {
    this.end();
    const name = this.dataset.select.value;
    this.status.textContent = say("loading");
    try {
      const [file, train, test] = await Promise.all([
        this.pupil.file(), loadPart(name, "train"), loadPart(name, "t10k"),
      ]);
      const optimizer = this.optimizer.select.value;
      this.pupil.begin(name);
      this.losses = /** @type {number[]} */ ([]);
      this.accuracies = /** @type {number[]} */ ([]);
      this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data }) => this.report(data);
      this.send({ type: "start", file, train, test, settings: { ...this.settings(), optimizer, seed: 0 } });
      this.setRunning(true);
    } catch (error) {
      this.status.textContent = sayError(error);
    }
  }

  /** @param {object} order */
  send(order) {
    this.worker?.postMessage(order);
  }

  tune() {
    this.send({ type: "settings", ...this.settings() });
  }

  toggle() {
    this.setRunning(!this.running);
    this.send({ type: this.running ? "resume" : "pause" });
  }

  /** @param {boolean} running */
  setRunning(running) {
    this.running = running;
    const isTaught = this.worker !== null;
    this.pauseButton.disabled = this.stopButton.disabled = !isTaught;
    this.stepButton.disabled = !isTaught || running;
    this.pauseButton.textContent = say(running || !isTaught ? "pause" : "resume");
  }

  /** @param {Report} report */
  report({ loss, seen, seconds, accuracy, weights }) {
    if (!Number.isFinite(loss)) {
      this.setRunning(false);
      this.status.textContent = say("diverged");
      return;
    }
    this.losses?.push(loss);
    if (accuracy !== null) this.accuracies?.push(accuracy);
    const last = this.accuracies?.at(-1);
    this.status.textContent = say("progress", {
      seen, seconds: shown(seconds, 0), loss: shown(loss), accuracy: last === undefined ? "–" : shown(last),
    });
    this.lossCurve.draw(this.losses ?? []);
    this.accuracyCurve.draw(this.accuracies ?? [], 1);
    this.pupil.show(weights);
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
    this.setRunning(false);
  }

  stop() {
    this.end();
    this.status.textContent = "";
    this.pupil.end();
  }
}

/** @param {string} code @param {string[]} values @param {string[]} [names] */
export function choice(code, values, names = values) {
  const select = element("select", { id: code }, ...values.map((value, i) => element("option", { value }, names[i])));
  return { select, label: element("label", {}, `${say(code)} `, select) };
}

/**
 * @param {string} id
 * @param {string} name
 * @param {number} min
 * @param {number} max
 * @param {number} step
 * @param {number} value
 * @param {(value: number) => string} show
 */
function slider(id, name, min, max, step, value, show) {
  const input = element("input", { id, type: "range", min, max, step, value });
  const output = element("output", { for: id }, show(value));
  const tell = () => {
    output.textContent = show(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", tell);
  tell();
  return { input, label: element("label", {}, `${name} `, output, input) };
}

/** @param {string} name */
function curve(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", `0 0 ${CURVE.width} ${CURVE.height}`);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", name);
  const line = document.createElementNS(space, "polyline");
  picture.append(line);
  const top = element("span", { class: "quiet" });
  const figure = element("figure", {}, element("figcaption", {}, name, " ", top), picture);
  /** @param {number[]} values @param {number} [highest] */
  const draw = (values, highest = Math.max(...values)) => {
    top.textContent = values.length > 0 ? `0 – ${shown(highest, 2)}` : "";
    const across = CURVE.width / Math.max(values.length - 1, 1);
    const points = values.map((value, i) => `${i * across},${CURVE.height * (1 - value / (highest || 1))}`);
    line.setAttribute("points", points.join(" "));
  };
  return { figure, draw };
}
