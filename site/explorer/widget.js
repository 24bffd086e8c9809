// The pad as a widget in a notebook: a model in the kernel answers what is drawn here. Its words come
// from there too (helpers/draw.py).

import { paintMap, paintOverlay } from "./colours.js";
import { button, element, shown } from "./elements.js";
import { Pad } from "./pad.js";

/**
 * @typedef {object} Kernel what anywidget gives
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, act: () => void) => void} on
 */

const STYLE = `
.cnn-pad { display: flex; flex-wrap: wrap; gap: 16px; font: 14px/1.5 system-ui, sans-serif; color: inherit; }
.cnn-pad canvas { display: block; image-rendering: pixelated; width: 140px; height: 140px; background: #000; }
.cnn-pad canvas.draw { width: 220px; height: 220px; touch-action: none; cursor: crosshair; border: 1px solid #8c959f; }
.cnn-pad table { border-collapse: collapse; } .cnn-pad td { padding: 1px 6px; text-align: left; }
.cnn-pad i { display: block; height: 14px; background: #2171b5; } .cnn-pad .bars { width: 140px; }
.cnn-pad .answer { font-size: 16px; font-weight: 700; min-height: 1.5em; max-width: 24em; }
`;

/** @param {{model: Kernel, el: HTMLElement}} given */
function render({ model, el }) {
  const words = model.get("words");
  const canvas = element("canvas", { class: "draw", tabindex: 0, role: "application", "aria-label": words.pad });
  const [image, map] = [words.image, words.map].map((name) =>
    element("canvas", { role: "img", "aria-label": name, width: 28, height: 28 }),
  );
  const sentence = element("p", { class: "answer", "aria-live": "polite" }, words.empty);
  const rows = model.get("classes").map(rowOf);
  const layer = element("select", { "aria-label": words.layer });
  layer.append(...model.get("layers").map((/** @type {string} */ name) => element("option", { value: name }, name)));
  layer.value = model.get("layer");
  layer.addEventListener("change", () => {
    model.set("layer", layer.value);
    model.save_changes();
  });
  const ask = questions(model);
  const pad = new Pad(canvas, () => ask(pad.picture().ink));
  const answer = () => show(model.get("answer"), { image, map, sentence, rows });
  model.on("change:answer", answer);
  el.replaceChildren(
    element("style", {}, STYLE),
    element("div", { class: "cnn-pad" },
      element("div", {}, canvas, button(words.clear, () => pad.clear())),
      element("div", {}, words.image, image, words.map, map, element("label", {}, `${words.layer} `, layer)),
      element("div", {}, sentence, element("table", {}, ...rows.map((/** @type {ReturnType<typeof rowOf>} */ each) => each.row))),
    ),
  );
  if (model.get("answer").sentence) answer();
}

/** Sends drawings to the kernel, the next one only after it has answered the last. @param {Kernel} model */
function questions(model) {
  /** @type {Float32Array | null} */
  let waiting = null;
  let isAsked = false;
  const send = () => {
    if (!waiting) return;
    const bytes = Uint8Array.from(waiting, (ink) => Math.round(255 * ink));
    waiting = null;
    isAsked = true;
    model.set("drawing", new DataView(bytes.buffer));
    model.save_changes();
  };
  model.on("change:answer", () => {
    isAsked = false;
    send();
  });
  return (/** @type {Float32Array} */ ink) => {
    waiting = ink;
    if (!isAsked) send();
  };
}

/** @param {string} name */
function rowOf(name) {
  const bar = element("i", { style: "width: 0" });
  const percent = element("td");
  return { bar, percent, row: element("tr", {}, element("td", {}, name), element("td", { class: "bars" }, bar), percent) };
}

/** @param {any} answer @param {any} views */
function show({ sentence, probabilities, pixels, evidence }, views) {
  views.sentence.textContent = sentence;
  views.rows.forEach((/** @type {ReturnType<typeof rowOf>} */ { bar, percent }, /** @type {number} */ index) => {
    const probability = probabilities?.[index] ?? 0;
    bar.style.width = `${100 * probability}%`;
    percent.textContent = probabilities ? `${shown(100 * probability, 1)} %` : "–";
  });
  if (!pixels) return;
  const seen = floatsOf(pixels);
  paintMap(views.image, { shape: [28, 28], data: seen }, "grey", [-1, 1]);
  paintOverlay(views.map, { shape: [28, 28], data: floatsOf(evidence) }, seen);
}

/** @param {DataView} view */
function floatsOf(view) {
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

export default { render };
