// The grounds of a decision: Grad-CAM, saliency, and what happens when a part is covered.

import { largest, paintMap, paintOverlay } from "./colours.js";
import { element, shown } from "./elements.js";
import { say } from "./words.js";

/** @import {Network} from "./network.js" */

const WINDOW = 7; // pixels of the covered square
const COVER = 0; // middle grey

export class EvidenceView {
  /** @param {HTMLElement} root @param {() => void} onLayer is called when another layer is chosen */
  constructor(root, onLayer) {
    this.heading = element("h3", { class: "quiet" });
    this.layers = element("select", { id: "cam-layer" });
    this.layers.addEventListener("change", onLayer);
    this.cam = element("canvas", { id: "grad-cam", role: "img", "aria-label": say("gradCam") });
    this.saliency = element("canvas", { id: "saliency", role: "img", "aria-label": say("saliency") });
    this.cover = element("canvas", { id: "cover", tabindex: 0, role: "img", "aria-label": say("coverLabel") });
    this.fall = element("p", { id: "fall", "aria-live": "polite" }, say("coverHint"));
    this.at = { row: 14, column: 14 };
    /** @type {Network | null} */
    this.network = null;
    /** @type {Float32Array} */
    this.pixels = new Float32Array();
    this.target = 0;
    this.before = 0;
    this.label = "";
    root.append(
      this.heading,
      element("label", { for: "cam-layer" }, `${say("gradCamOf")} `, this.layers),
      element(
        "div",
        { class: "pictures" },
        element("figure", {}, element("figcaption", {}, say("gradCam")), this.cam),
        element("figure", {}, element("figcaption", {}, say("saliency")), this.saliency),
        element("figure", {}, element("figcaption", {}, say("cover")), this.cover),
        this.fall,
      ),
    );
    this.cover.addEventListener("pointermove", (event) => this.point(event));
    this.cover.addEventListener("pointerdown", (event) => this.point(event));
    this.cover.addEventListener("pointerleave", () => this.uncover());
    this.cover.addEventListener("blur", () => this.uncover());
    this.cover.addEventListener("keydown", (event) => this.key(event));
  }

  /** Offers the layers with maps, the last one first chosen. @param {Network} network */
  build(network) {
    const shapes = network.shapes();
    const withMaps = network.layers.filter((_, index) => shapes[index].length === 3 && shapes[index][1] > 1);
    this.layers.replaceChildren(...withMaps.map(({ name }) => element("option", { value: name }, name)));
    this.layers.selectedIndex = withMaps.length - 1;
  }

  /** @param {Network} network @param {Float32Array} pixels @param {number} target @param {string[]} classes */
  draw(network, pixels, target, classes) {
    this.network = network;
    this.pixels = pixels;
    this.target = target;
    this.label = classes[target] ?? String(target);
    this.before = network.logits[target];
    this.heading.textContent = say("evidenceFor", { label: this.label });
    const [, height, width] = network.inputShape;
    if (this.layers.value) paintOverlay(this.cam, network.gradCam(this.layers.value, target), pixels);
    const saliency = network.saliency(target);
    paintMap(this.saliency, saliency, "evidence", [0, largest(saliency.data)]);
    paintMap(this.cover, { shape: [height, width], data: pixels }, "grey", [-1, 1]);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.cover.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.cover.height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.cover.width);
    this.at = { row, column };
    this.coverAt(row, column);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    this.at = {
      row: Math.min(Math.max(this.at.row + move[0], 0), this.cover.height - 1),
      column: Math.min(Math.max(this.at.column + move[1], 0), this.cover.width - 1),
    };
    this.coverAt(this.at.row, this.at.column);
  }

  /** Lets the network look at the image with a square covered. @param {number} row @param {number} column */
  coverAt(row, column) {
    const { network, pixels, target, before } = this;
    if (!network) return;
    const [channels, height, width] = network.inputShape;
    const covered = pixels.slice();
    const half = (WINDOW - 1) / 2;
    for (let channel = 0; channel < channels; channel++) {
      for (let y = Math.max(row - half, 0); y <= Math.min(row + half, height - 1); y++) {
        const start = (channel * height + y) * width;
        covered.fill(COVER, start + Math.max(column - half, 0), start + Math.min(column + half, width - 1) + 1);
      }
    }
    paintMap(this.cover, { shape: [height, width], data: covered }, "grey", [-1, 1]);
    network.forward(covered);
    const after = network.logits[target];
    // The other views go on showing the whole image.
    network.forward(pixels);
    const change = after - before;
    const values = { before: shown(before, 2), after: shown(after, 2) };
    const signed = (change > 0 ? "+" : "") + shown(change, 2);
    this.fall.textContent = say("covered", { label: this.label, ...values, change: signed });
  }

  uncover() {
    const { network, pixels } = this;
    if (!network) return;
    const [, height, width] = network.inputShape;
    paintMap(this.cover, { shape: [height, width], data: pixels }, "grey", [-1, 1]);
    this.fall.textContent = say("coverHint");
  }
}
