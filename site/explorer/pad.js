// A pad to draw on with pen, finger, mouse or keyboard: white strokes on black.

/** @import {Picture} from "./drawing.js" */

export const PAD_SIDE = 280;
const PEN = 22; // as wide, on a digit that fills the pad, as MNIST's strokes
const STEP = 10; // pixels that an arrow key moves the pen

/** Draws on a canvas, and tells of every change once a frame at most. */
export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(since: number) => void} onChange gets the time of the first event it answers
   */
  constructor(canvas, onChange) {
    canvas.width = canvas.height = PAD_SIDE;
    this.canvas = canvas;
    this.onChange = onChange;
    this.context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { willReadFrequently: true })
    );
    this.penDown = false;
    this.at = { x: PAD_SIDE / 2, y: PAD_SIDE / 2 };
    /** @type {number | null} */
    this.waiting = null;
    this.erase();
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, () => (this.penDown = false));
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => (this.penDown = false));
  }

  erase() {
    this.context.fillStyle = "black";
    this.context.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
  }

  clear() {
    this.erase();
    this.changed(performance.now());
  }

  /** Puts a picture on the pad. @param {CanvasImageSource} source */
  show(source) {
    this.erase();
    this.context.imageSmoothingEnabled = true;
    this.context.drawImage(source, 0, 0, PAD_SIDE, PAD_SIDE);
    this.changed(performance.now());
  }

  /** @returns {Picture} */
  picture() {
    const { data } = this.context.getImageData(0, 0, PAD_SIDE, PAD_SIDE);
    const ink = new Float32Array(PAD_SIDE * PAD_SIDE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i] / 255;
    return { height: PAD_SIDE, width: PAD_SIDE, ink };
  }

  /** @param {PointerEvent} event */
  press(event) {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.penDown = true;
    this.at = this.placeOf(event);
    this.strokeTo(this.at, event.timeStamp);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.penDown || event.buttons === 0) return;
    // The browser hands out one event a frame; the places between are in it.
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length > 0 ? all : [event]) {
      this.strokeTo(this.placeOf(each), event.timeStamp);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, [number, number]>} */
    const moves = {
      ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP],
    };
    if (event.key === " ") {
      this.penDown = !this.penDown;
      if (this.penDown) this.strokeTo(this.at, event.timeStamp);
    } else if (moves[event.key]) {
      const [right, down] = moves[event.key];
      const inside = (/** @type {number} */ value) => Math.min(Math.max(value, 0), PAD_SIDE);
      const to = { x: inside(this.at.x + right), y: inside(this.at.y + down) };
      if (this.penDown) this.strokeTo(to, event.timeStamp);
      this.at = to;
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * PAD_SIDE,
      y: ((event.clientY - box.top) / box.height) * PAD_SIDE,
    };
  }

  /** @param {{x: number, y: number}} to @param {number} since */
  strokeTo(to, since) {
    const { context } = this;
    context.strokeStyle = "white";
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = PEN;
    context.beginPath();
    context.moveTo(this.at.x, this.at.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.at = to;
    this.changed(since);
  }

  /** @param {number} since */
  changed(since) {
    if (this.waiting !== null) return;
    this.waiting = since;
    requestAnimationFrame(() => {
      const first = this.waiting ?? since;
      this.waiting = null;
      this.onChange(first);
    });
  }
}
