// The explorer's page: a drawing goes in at one end, and every view is drawn anew.

import { AnswerView } from "./answer.js";
import { loadPart } from "./data.js";
import { prepare } from "./drawing.js";
import { button, element } from "./elements.js";
import { ExplorerError } from "./errors.js";
import { EvidenceView } from "./evidence.js";
import { LayersView } from "./layers-view.js";
import { choice, Lesson } from "./lesson.js";
import { Network } from "./network.js";
import { Pad } from "./pad.js";
import { inkOfPhoto } from "./photo.js";
import { PreparationView } from "./preparation.js";
import { CLASSES, say, sayError } from "./words.js";

const TRAINED = "weights/mnist.safetensors";
/** @type {Record<string, string>} */
const ARCHITECTURES = { CompactCNN: TRAINED, CNN: "weights/cnn.safetensors" };
const SAMPLES = 10;

class Page {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.classes = CLASSES.MNIST;
    /** @type {number | null} */
    this.target = null;
    const sections = Object.fromEntries(
      ["draw", "answer", "evidence", "network", "teach", "files"].map((name) => [name, section(name)]),
    );
    root.append(
      header(),
      element("div", { class: "front" }, sections.draw, sections.answer, sections.evidence),
      sections.network, sections.teach, sections.files,
    );
    this.samples = element("div", { class: "samples", role: "group", "aria-label": say("samples") });
    this.message = element("p", { class: "error", role: "alert" });
    const steps = element("div", { class: "steps" });
    this.preparation = new PreparationView(steps);
    this.pad = this.padIn(sections.draw, steps);
    this.answer = new AnswerView(sections.answer, (target) => this.choose(target));
    this.evidence = new EvidenceView(sections.evidence, () => this.look());
    const strip = element("div", { class: "strip", tabindex: 0, role: "group", "aria-label": say("networkHeading") });
    const text = element("div", { class: "sum", "aria-live": "polite" });
    sections.network.append(element("p", { class: "quiet" }, say("networkHint")), strip, text);
    this.layers = new LayersView(strip, text);
    sections.teach.append(element("p", { class: "quiet" }, say("teachHint")));
    const architecture = choice("architecture", Object.keys(ARCHITECTURES));
    this.lesson = new Lesson(sections.teach, architecture.label, {
      file: () => fetchFile(ARCHITECTURES[architecture.select.value]),
      begin: (dataset) => this.beginLesson(dataset, ARCHITECTURES[architecture.select.value]),
      show: (weights) => this.takeOver(weights),
      end: () => this.openTrained(),
    });
    this.fileStatus = element("p", { id: "file-status", role: "status" });
    this.buildFiles(sections.files);
  }

  /** @param {HTMLElement} root @param {HTMLElement} steps @returns {Pad} */
  padIn(root, steps) {
    const canvas = element("canvas", { id: "pad", tabindex: 0, role: "application", "aria-label": say("padLabel") });
    const pad = new Pad(canvas, (since) => this.redraw(since));
    const file = element("input", { type: "file", accept: "image/*", id: "photo", hidden: true });
    file.addEventListener("change", () => this.openPhoto(file));
    root.append(
      canvas,
      element("p", { class: "quiet" }, say("padHint")),
      element("div", { class: "buttons" },
        button(say("clear"), () => pad.clear(), { id: "clear" }),
        button(say("photo"), () => file.click(), { id: "open-photo" }), file),
      this.samples,
      this.message,
      element("h3", {}, say("preparation")),
      steps,
    );
    return pad;
  }

  /** @param {HTMLElement} root */
  buildFiles(root) {
    const file = element("input", { type: "file", accept: ".safetensors", id: "weights-file", hidden: true });
    file.addEventListener("change", () => {
      if (file.files?.[0]) this.openWeights(file.files[0]);
      file.value = "";
    });
    root.append(
      element("p", { class: "quiet" }, say("filesHint")),
      element("div", { class: "buttons" },
        button(say("openFile"), () => file.click(), { id: "open-weights" }), file,
        button(say("saveFile"), () => this.save(), { id: "save-weights" })),
      this.fileStatus,
      element("p", { class: "quiet" }, say("saveHint")),
    );
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      const dropped = event.dataTransfer?.files[0];
      if (dropped) this.openWeights(dropped);
    });
  }

  async begin() {
    await this.openTrained();
    try {
      await this.offerSamples("MNIST");
    } catch (error) {
      this.message.textContent = sayError(error);
    }
  }

  async openTrained() {
    this.setClasses("MNIST");
    this.use(Network.fromSafetensors(await fetchFile(TRAINED)));
  }

  /** @param {string} dataset */
  setClasses(dataset) {
    this.classes = CLASSES[dataset];
  }

  /** Shows another network. @param {Network} network */
  use(network) {
    const shape = network.inputShape.join("×");
    if (shape !== "1×28×28") throw new ExplorerError("notADigitNetwork", { shape });
    this.network = network;
    this.target = null;
    const count = network.shapes().at(-1)?.[0] ?? 0;
    this.answer.build(Array.from({ length: count }, (_, index) => this.classes[index] ?? String(index)));
    this.evidence.build(network);
    this.layers.build(network);
    this.look();
  }

  /** Makes an image of what is on the pad, and looks at it. @param {number} since when the stroke was made */
  redraw(since) {
    const picture = this.pad.picture();
    try {
      const prepared = prepare(picture);
      this.preparation.draw(picture, prepared);
      this.pixels = prepared.pixels;
      this.message.textContent = "";
      this.look();
    } catch (error) {
      this.pixels = null;
      this.preparation.clear();
      this.answer.clear(say("noAnswer"));
      this.message.textContent = sayError(error);
    }
    performance.clearMeasures("stroke");
    performance.measure("stroke", { start: since, end: performance.now() });
  }

  /** Lets the network look at the image, and draws every view. */
  look() {
    const { network, pixels } = this;
    if (!network || !pixels) return;
    network.forward(pixels);
    const target = this.target ?? network.predicted();
    this.answer.draw(network.logits, target);
    this.layers.draw(pixels);
    this.evidence.draw(network, pixels, target, this.classes);
  }

  /** @param {number} target */
  choose(target) {
    this.target = this.target === target ? null : target;
    this.look();
  }

  /** @param {HTMLInputElement} input */
  async openPhoto(input) {
    const [file] = input.files ?? [];
    if (!file) return;
    try {
      this.pad.show(await inkOfPhoto(file));
    } catch (error) {
      this.message.textContent = sayError(error);
    }
    input.value = "";
  }

  /** @param {File} file */
  async openWeights(file) {
    try {
      const network = Network.fromSafetensors(await file.arrayBuffer());
      this.lesson.end();
      this.use(network);
      const count = [...network.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
      this.fileStatus.textContent = say("opened", { name: file.name, count });
      this.fileStatus.classList.remove("error");
    } catch (error) {
      this.fileStatus.textContent = sayError(error);
      this.fileStatus.classList.add("error");
    }
  }

  save() {
    if (!this.network) return;
    const url = URL.createObjectURL(new Blob([this.network.toSafetensors()]));
    element("a", { href: url, download: "my.safetensors" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** @param {string} dataset @param {string} file */
  async beginLesson(dataset, file) {
    this.setClasses(dataset);
    this.use(Network.fromSafetensors(await fetchFile(file)));
    await this.offerSamples(dataset);
  }

  /** Shows the weights that a lesson has come to. @param {Float32Array[]} weights */
  takeOver(weights) {
    if (!this.network) return;
    [...this.network.parameters.values()].forEach(({ data }, index) => {
      if (data.length === weights[index].length) data.set(weights[index]);
    });
    this.look();
  }

  /** Offers one image of each class. @param {string} dataset */
  async offerSamples(dataset) {
    const { images, labels } = await loadPart(dataset, "t10k");
    const size = 28 * 28;
    this.samples.replaceChildren(
      ...Array.from({ length: SAMPLES }, (_, label) => {
        const index = labels.indexOf(label);
        const pixels = images.subarray(index * size, (index + 1) * size);
        const canvas = pictureOf(pixels);
        const name = say("sample", { label: CLASSES[dataset][label] });
        const made = button("", () => this.showSample(dataset, canvas, pixels), { "aria-label": name, title: name });
        made.append(canvas);
        return made;
      }),
    );
  }

  /** A digit goes over the pad; a garment, which no steps make, straight to the network.
   * @param {string} dataset @param {HTMLCanvasElement} canvas @param {Uint8Array} pixels */
  showSample(dataset, canvas, pixels) {
    if (dataset === "MNIST") return this.pad.show(canvas);
    this.pixels = Float32Array.from(pixels, (byte) => byte / 127.5 - 1);
    this.message.textContent = "";
    this.look();
  }
}

/** @param {string} name */
function section(name) {
  const heading = element("h2", { id: `${name}-heading` }, say(`${name}Heading`));
  return element("section", { class: name, "aria-labelledby": `${name}-heading` }, heading);
}

function header() {
  const isEnglish = document.documentElement.lang === "en";
  const other = element("a", { href: isEnglish ? "index.html" : "en.html", lang: isEnglish ? "ja" : "en" }, say("otherLanguage"));
  return element("header", {}, element("h1", {}, say("title")), other, element("p", {}, say("introduction")));
}

/** @param {Uint8Array} pixels */
function pictureOf(pixels) {
  const canvas = element("canvas", { width: 28, height: 28 });
  const image = new ImageData(28, 28);
  pixels.forEach((byte, i) => image.data.set([byte, byte, byte, 255], 4 * i));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** @param {string} path @returns {Promise<ArrayBuffer>} */
async function fetchFile(path) {
  const response = await fetch(path);
  return response.arrayBuffer();
}

const page = new Page(/** @type {HTMLElement} */ (document.getElementById("explorer")));
await page.begin();
// For the browser's console: explorer.network.outputs, explorer.pixels, …
Object.assign(globalThis, { explorer: page });
document.documentElement.dataset.ready = "true";
