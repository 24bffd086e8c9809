// The network from left to right: every feature map, and how the number that one points at came about.

import { Convolution } from "./convolution.js";
import { paintMap, paintMaps, tiling } from "./colours.js";
import { element, shown } from "./elements.js";
import { Linear } from "./layers.js";
import { sumAt } from "./sums.js";
import { say } from "./words.js";

/** @import {Network} from "./network.js" */
/** @import {Place, Sum, Term} from "./sums.js" */

const MOST_TERMS = 4; // input channels that are written out
const KERNELS_ACROSS = 8;
const MOST_UNITS = 6; // summands of a linear layer that are written out

/** @typedef {{index: number, place: Place}} Chosen */

export class LayersView {
  /** @param {HTMLElement} strip holds the maps @param {HTMLElement} text says how a number came about */
  constructor(strip, text) {
    this.strip = strip;
    this.text = text;
    /** @type {HTMLCanvasElement[]} */
    this.canvases = [];
    /** @type {Chosen | null} */
    this.chosen = null;
  }

  /** Makes a column for each layer. @param {Network} network */
  build(network) {
    this.network = network;
    this.chosen = null;
    this.input = element("canvas", { role: "img", "aria-label": say("input") });
    this.input.style.width = this.input.style.height = "112px";
    this.inputMark = element("div", { class: "mark field", hidden: true });
    const shapes = network.shapes();
    this.canvases = network.layers.map((layer, index) => this.canvasFor(layer.name, shapes[index], index));
    this.mark = element("div", { class: "mark", hidden: true });
    this.strip.replaceChildren(
      column(say("input"), network.inputShape, "", framed(this.input, this.inputMark)),
      ...network.layers.map((layer, index) =>
        column(layer.name, shapes[index], say(kindOf(layer)), framed(this.canvases[index])),
      ),
    );
    this.text.replaceChildren(say("nothingChosen"));
  }

  /** @param {string} name @param {number[]} shape @param {number} index */
  canvasFor(name, shape, index) {
    const canvas = element("canvas", { tabindex: 0, role: "img", "aria-label": say("mapsLabel", { name }) });
    const { canvasWidth, canvasHeight } = tiling(shape);
    const scale = scaleOf(shape);
    canvas.style.width = `${canvasWidth * scale}px`;
    canvas.style.height = `${canvasHeight * scale}px`;
    const point = (/** @type {PointerEvent} */ event) => {
      const place = placeUnder(event, canvas, shape);
      if (place) this.choose({ index, place });
    };
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("keydown", (event) => this.key(event, index, shape));
    return canvas;
  }

  /** @param {KeyboardEvent} event @param {number} index @param {number[]} shape */
  key(event, index, shape) {
    const { channels, height, width } = tiling(shape);
    const old = this.chosen?.index === index ? this.chosen.place : { channel: 0, row: 0, column: 0 };
    const place = { ...old };
    const isVector = height === 1;
    if (event.key === "ArrowLeft") place.column--;
    else if (event.key === "ArrowRight") place.column++;
    else if (event.key === "ArrowUp") isVector ? place.channel-- : place.row--;
    else if (event.key === "ArrowDown") isVector ? place.channel++ : place.row++;
    else if (event.key === "PageUp") place.channel--;
    else if (event.key === "PageDown") place.channel++;
    else return;
    event.preventDefault();
    place.channel = Math.min(Math.max(place.channel, 0), channels - 1);
    place.row = Math.min(Math.max(place.row, 0), height - 1);
    place.column = Math.min(Math.max(place.column, 0), width - 1);
    this.choose({ index, place });
  }

  /** @param {Chosen} chosen */
  choose(chosen) {
    const same = JSON.stringify(chosen) === JSON.stringify(this.chosen);
    this.chosen = chosen;
    if (!same && this.pixels) this.explain(this.pixels);
  }

  /** Draws all maps. @param {Float32Array} pixels what the network has just seen */
  draw(pixels) {
    const { network } = this;
    if (!network?.outputs || !this.input) return;
    this.pixels = pixels;
    const [, height, width] = network.inputShape;
    paintMap(this.input, { shape: [height, width], data: pixels.subarray(0, height * width) }, "grey", [-1, 1]);
    network.layers.forEach(({ name }, index) => {
      if (network.outputs) paintMaps(this.canvases[index], network.outputs[name]);
    });
    if (this.chosen) this.explain(pixels);
  }

  /** Says how the chosen number came about. @param {Float32Array} pixels */
  explain(pixels) {
    const { network, chosen } = this;
    if (!network || !chosen || !this.mark || !this.inputMark) return;
    const { index, place } = chosen;
    const layer = network.layers[index];
    const shape = network.shapes()[index];
    const flat = shape.length === 1;
    const at = flat && shape[0] > 64 ? flatPlace(place, shape) : place;
    const sum = sumAt(network, pixels, index, at);
    const field = network.receptiveField(layer.name, at.row, at.column);
    this.showMark(index, place, shape);
    showField(this.inputMark, field, network.inputShape);
    const kind = say(kindOf(layer));
    const values = {
      name: layer.name, kind, channel: at.channel, row: at.row, column: at.column, value: shown(sum.value),
    };
    const parts = [element("h3", {}, say(flat ? "unit" : "place", values))];
    if (!flat) parts.push(element("p", {}, say("field", rangesOf(field, network.inputShape))));
    this.text.replaceChildren(...parts, ...explanation(layer, sum), ...kernelsOf(layer, at.channel));
  }

  /** @param {number} index @param {Place} place @param {number[]} shape */
  showMark(index, place, shape) {
    const { mark } = this;
    if (!mark) return;
    const { across, width, height, gap } = tiling(shape);
    const scale = scaleOf(shape);
    const left = (place.channel % across) * (width + gap) + place.column;
    const top = Math.floor(place.channel / across) * (height + gap) + place.row;
    this.canvases[index].parentElement?.append(mark);
    Object.assign(mark.style, {
      left: `${left * scale}px`, top: `${top * scale}px`, width: `${scale}px`, height: `${scale}px`,
    });
    mark.hidden = false;
  }
}

/** Names the kind of a layer as the file does. @param {{constructor: Function}} layer */
function kindOf({ constructor: { name } }) {
  return { ReLU: "relu" }[name] ?? name[0].toLowerCase() + name.slice(1);
}

/** @param {string} name @param {number[]} shape @param {string} kind @param {HTMLElement} content */
function column(name, shape, kind, content) {
  return element(
    "figure",
    {},
    element("figcaption", {}, element("b", {}, name), element("span", {}, kind), element("span", {}, shape.join("×"))),
    content,
  );
}

/** @param {...HTMLElement} children */
function framed(...children) {
  return element("div", { class: "frame" }, ...children);
}

/** Screen pixels that a number gets. @param {number[]} shape */
function scaleOf(shape) {
  const { channels, height } = tiling(shape);
  if (height === 1) return 14;
  return Math.max(1, Math.round((channels > 16 ? 28 : 56) / height));
}

/** @param {PointerEvent} event @param {HTMLCanvasElement} canvas @param {number[]} shape */
function placeUnder(event, canvas, shape) {
  const { across, channels, height, width, gap, canvasWidth, canvasHeight } = tiling(shape);
  const box = canvas.getBoundingClientRect();
  const x = Math.floor(((event.clientX - box.left) / box.width) * canvasWidth);
  const y = Math.floor(((event.clientY - box.top) / box.height) * canvasHeight);
  const [column, row] = [x % (width + gap), y % (height + gap)];
  const channel = Math.floor(y / (height + gap)) * across + Math.floor(x / (width + gap));
  const hit = x >= 0 && y >= 0 && column < width && row < height && channel < channels;
  return hit ? { channel, row, column } : null;
}

/** @param {Place} place on the square that a long vector is drawn as @param {number[]} shape */
function flatPlace({ row, column }, shape) {
  const { width } = tiling(shape);
  return { channel: Math.min(row * width + column, shape[0] - 1), row: 0, column: 0 };
}

/** @typedef {{rows: [number, number], columns: [number, number]}} Field */

/** @param {HTMLElement} mark @param {Field} field @param {number[]} shape */
function showField(mark, { rows, columns }, [, height, width]) {
  const [top, bottom] = cut(rows, height);
  const [left, right] = cut(columns, width);
  Object.assign(mark.style, {
    left: `${(left / width) * 100}%`,
    top: `${(top / height) * 100}%`,
    width: `${((right - left + 1) / width) * 100}%`,
    height: `${((bottom - top + 1) / height) * 100}%`,
  });
  mark.hidden = false;
}

/** The part of a range inside the image. @param {[number, number]} range @param {number} side */
function cut([first, last], side) {
  return [Math.min(Math.max(first, 0), side - 1), Math.max(Math.min(last, side - 1), 0)];
}

/** @param {Field} field @param {number[]} shape */
function rangesOf({ rows, columns }, [, height, width]) {
  return { rows: cut(rows, height).join("–"), columns: cut(columns, width).join("–") };
}

/** @param {import("./network.js").Layer} layer @param {Sum} sum @returns {HTMLElement[]} */
function explanation(layer, sum) {
  const value = shown(sum.value);
  const [input = 0] = sum.inputs;
  const line = (/** @type {string} */ code, values = {}) => [
    element("p", { class: "rule" }, say(code, { input: shown(input), value, ...values })),
  ];
  if (layer instanceof Convolution) return writtenOut(sum);
  if (layer instanceof Linear) return line("ruleLinear", linearWords(sum));
  if (sum.norm) {
    const words = Object.entries(sum.norm).map(([name, number]) => [name, shown(number)]);
    return line("ruleNorm", Object.fromEntries(words));
  }
  const rules = {
    relu: "ruleRelu", sigmoid: "ruleSigmoid", maxPool: "ruleMax", globalAveragePool: "ruleMean",
  };
  const inputs = sum.inputs.map((each) => shown(each)).join(", ");
  return line(/** @type {Record<string, string>} */ (rules)[kindOf(layer)] ?? "ruleSame", { inputs });
}

/** @param {Sum} sum */
function writtenOut({ terms, bias, value }) {
  const ordered = [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const shownTerms = ordered.slice(0, MOST_TERMS);
  const others = ordered.slice(MOST_TERMS);
  const total = terms.reduce((all, term) => all + term.sum, 0);
  const rest = others.reduce((all, term) => all + term.sum, 0);
  const values = { sum: shown(total), bias: shown(bias), value: shown(value) };
  const tables = element("div", { class: "terms" }, ...shownTerms.map(termTable));
  const lines = [element("p", { class: "quiet" }, say("cellHint")), tables];
  if (others.length > 0) {
    lines.push(element("p", {}, say("sumOfOthers", { count: others.length, sum: shown(rest) })));
  }
  lines.push(element("p", { class: "rule" }, say("sumWithBias", values)));
  return lines;
}

/** @param {Term} term */
function termTable({ channel, width, pixels, weights, sum }) {
  const body = element("tbody");
  pixels.forEach((pixel, i) => {
    if (i % width === 0) body.append(element("tr"));
    const cell = element("td", {}, shown(pixel, 2), element("br"), `× ${shown(weights[i], 2)}`);
    body.lastElementChild?.append(cell);
  });
  return element("table", { class: "patch" }, element("caption", {}, say("sumOf", { channel, sum: shown(sum) })), body);
}

/** @param {Sum} sum */
function linearWords({ terms, bias }) {
  const ordered = [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum)).slice(0, MOST_UNITS);
  const total = terms.reduce((all, term) => all + term.sum, bias);
  const words = ordered.map((term) => `${shown(term.pixels[0], 2)} × ${shown(term.weights[0], 2)}`);
  return { terms: words.join(" + "), sum: shown(total) };
}

/** Draws the kernels of one output channel. @param {import("./network.js").Layer} layer @param {number} channel */
function kernelsOf(layer, channel) {
  if (!(layer instanceof Convolution)) return [];
  const [, inputs, height, width] = layer.weight.shape;
  const size = inputs * height * width;
  const canvas = element("canvas", { role: "img", "aria-label": say("kernels", { channel }) });
  const data = layer.weight.data.slice(channel * size, (channel + 1) * size);
  paintMaps(canvas, { shape: [inputs, height, width], data }, Math.ceil(inputs / KERNELS_ACROSS));
  canvas.style.width = `${canvas.width * 8}px`;
  return [element("p", {}, say("kernels", { channel })), canvas];
}
