// The three steps that make an MNIST image of a drawing, as pictures.

import { paintMap } from "./colours.js";
import { SIDE } from "./drawing.js";
import { element } from "./elements.js";
import { say } from "./words.js";

/** @import {Picture, Prepared} from "./drawing.js" */

export class PreparationView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.canvases = ["stepCrop", "stepBox", "stepCentre"].map((code) => {
      const canvas = element("canvas", { role: "img", "aria-label": say(code) });
      root.append(element("figure", {}, element("figcaption", {}, say(code)), canvas));
      return canvas;
    });
    this.clear();
  }

  /** @param {Picture} picture @param {Prepared} prepared */
  draw(picture, { crop, box, pixels }) {
    const [first, second, third] = this.canvases;
    paintMap(first, { shape: [picture.height, picture.width], data: picture.ink }, "grey", [0, 1]);
    outline(first, crop.left, crop.top, crop.width, crop.height);
    paintMap(second, { shape: [box.height, box.width], data: box.ink }, "grey", [0, 1]);
    // As large, beside the third, as it is in it.
    second.style.width = `${(box.width / SIDE) * 100}%`;
    paintMap(third, { shape: [SIDE, SIDE], data: pixels }, "grey", [-1, 1]);
  }

  clear() {
    for (const canvas of this.canvases) {
      paintMap(canvas, { shape: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE) }, "grey", [0, 1]);
    }
    this.canvases[1].style.width = `${(20 / SIDE) * 100}%`;
  }
}

/** @param {HTMLCanvasElement} canvas @param {number} x @param {number} y @param {number} width @param {number} height */
function outline(canvas, x, y, width, height) {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.strokeStyle = "#fdae6b";
  context.lineWidth = 6;
  context.strokeRect(x, y, width, height);
}
