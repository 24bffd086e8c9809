// What the network answers: the predicted class, every logit and every probability.

import { element, shown } from "./elements.js";
import { softmax } from "./trainer.js";
import { say } from "./words.js";

export class AnswerView {
  /** @param {HTMLElement} root @param {(target: number) => void} onTarget */
  constructor(root, onTarget) {
    this.onTarget = onTarget;
    this.sentence = element("p", { id: "answer", "aria-live": "polite" }, say("noAnswer"));
    this.body = element("tbody");
    const heads = ["class", "probability", "logit"].map((code) => element("th", { scope: "col" }, say(code)));
    root.append(
      this.sentence,
      element("table", { class: "answer" }, element("thead", {}, element("tr", {}, ...heads)), this.body),
      element("p", { class: "quiet" }, say("targetHint")),
    );
    /** @type {{choose: HTMLButtonElement, bar: HTMLElement, percent: HTMLElement, logit: HTMLElement}[]} */
    this.rows = [];
  }

  /** Makes a row for each class. @param {string[]} classes */
  build(classes) {
    this.classes = classes;
    this.rows = classes.map((label, target) => {
      const choose = element("button", { type: "button", "aria-pressed": "false" }, label);
      choose.addEventListener("click", () => this.onTarget(target));
      const bar = element("i", { class: "bar" });
      const percent = element("span");
      const logit = element("td", { class: "number" });
      return { choose, bar, percent, logit };
    });
    this.body.replaceChildren(
      ...this.rows.map(({ choose, bar, percent, logit }) =>
        element("tr", {}, element("th", { scope: "row" }, choose), element("td", { class: "bars" }, bar, percent), logit),
      ),
    );
  }

  /** @param {number[]} logits @param {number} target whose evidence is shown */
  draw(logits, target) {
    const probabilities = softmax(logits);
    const predicted = logits.indexOf(Math.max(...logits));
    this.rows.forEach(({ choose, bar, percent, logit }, index) => {
      bar.style.width = `${100 * probabilities[index]}%`;
      bar.classList.toggle("highest", index === predicted);
      percent.textContent = `${shown(100 * probabilities[index], 1)} %`;
      logit.textContent = shown(logits[index], 2);
      choose.setAttribute("aria-pressed", String(index === target));
    });
    const label = this.classes?.[predicted] ?? String(predicted);
    const sentence = say("answer", { label, percent: shown(100 * probabilities[predicted], 0) });
    // A screen reader is told of a new answer, not of the same one at every stroke.
    if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
  }

  /** @param {string} sentence why there is no answer */
  clear(sentence) {
    this.sentence.textContent = sentence;
    for (const { bar, percent, logit } of this.rows) {
      bar.style.width = "0";
      percent.textContent = logit.textContent = "–";
    }
  }
}
