// Turns every <span class="formula"> and <div class="formula"> of a site's pages into KaTeX's HTML.
// Usage: node formulas.js FOLDER
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import katex from "katex";

const FORMULA = /<(span|div) class="formula">([\s\S]*?)<\/\1>/g;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

function asHtml(_, tag, escaped) {
  const formula = escaped.replace(/&(amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]);
  const html = katex.renderToString(formula, { displayMode: tag === "div", strict: "error" });
  return `<${tag} class="formula">${html}</${tag}>`;
}

const folder = process.argv[2];
for (const name of readdirSync(folder, { recursive: true })) {
  if (!name.endsWith(".html")) continue;
  const page = readFileSync(join(folder, name), "utf8");
  if (page.includes('class="formula"')) {
    writeFileSync(join(folder, name), page.replace(FORMULA, asHtml));
  }
}
