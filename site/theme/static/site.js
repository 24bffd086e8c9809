// What every page does by script: switch light and dark, keep the section when the language
// changes, print, and search. Nothing here is needed to read a page.

const root = document.documentElement;

function toggleTheme() {
  const theme = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = root.dataset.mode = theme;
  localStorage.setItem("theme", theme);
  localStorage.setItem("mode", theme);
}

/** Return the id of the section that is being read, which is the same in both languages. */
function currentSection() {
  const headings = [...document.querySelectorAll("article :is(h2, h3, h4)[id]")];
  const above = headings.filter((heading) => heading.getBoundingClientRect().top < 160);
  return above.at(-1)?.id ?? "";
}

function keepSection(event) {
  const section = currentSection();
  const link = event.currentTarget;
  link.hash = section ? `#${section}` : "";
}

function letScrollByKeyboard() {
  for (const box of document.querySelectorAll("article :is(pre, .output, .katex-display, .pst-scrollable-table-container)")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else if (box.tabIndex === 0) box.removeAttribute("tabindex");
  }
}

for (const button of document.querySelectorAll(".theme-toggle")) {
  button.addEventListener("click", toggleTheme);
}
for (const link of document.querySelectorAll(".language-switch")) {
  link.addEventListener("click", keepSection);
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
window.addEventListener("load", letScrollByKeyboard);
window.addEventListener("resize", letScrollByKeyboard);

const dialog = document.getElementById("search");
const input = dialog.querySelector("input");
const results = dialog.querySelector("ol");
const count = dialog.querySelector("[role=status]");
const SECTIONS = 4;
const PAGES = 8;

/** Load the engine when the search is first opened. */
let engine;
function loadEngine() {
  const address = new URL(`${dialog.dataset.site}pagefind/pagefind.js`, document.baseURI);
  engine ??= import(address);
  return engine;
}

async function search() {
  const words = input.value.trim();
  if (!words) return show([], "");
  try {
    const pagefind = await loadEngine();
    const found = await pagefind.debouncedSearch(words, {}, 120);
    if (!found) return; // another letter was typed meanwhile
    const pages = await Promise.all(found.results.slice(0, PAGES).map((page) => page.data()));
    const total = found.results.length;
    show(pages, total ? `${total} ${dialog.dataset.found}` : dialog.dataset.none);
  } catch {
    show([], dialog.dataset.failed);
  }
}

function show(pages, message) {
  count.textContent = message;
  results.replaceChildren(...pages.map(pageItem));
}

function pageItem(page) {
  const item = document.createElement("li");
  item.append(link(page.url, page.meta.title, "search__page"));
  const sections = page.sub_results.filter((section) => section.url !== page.url);
  for (const section of sections.slice(0, SECTIONS)) {
    item.append(link(section.url, section.title, "search__section"), excerpt(section.excerpt));
  }
  if (!sections.length) item.append(excerpt(page.excerpt));
  return item;
}

function link(url, title, kind) {
  const made = document.createElement("a");
  made.href = url;
  made.textContent = title;
  made.className = kind;
  made.addEventListener("click", () => dialog.close());
  return made;
}

function excerpt(html) {
  const made = document.createElement("p");
  made.innerHTML = html; // Pagefind's own, with the words found in <mark>
  return made;
}

function openSearch() {
  if (dialog.open) return;
  dialog.showModal();
  input.select();
  loadEngine().catch(() => show([], dialog.dataset.failed));
}

for (const button of document.querySelectorAll(".search-open")) {
  button.addEventListener("click", openSearch);
}
input.addEventListener("input", search);
// Enter goes to the first place found, as elsewhere; the form would close the dialog.
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  results.querySelector("a")?.click();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
window.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  const asked = (event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey));
  if (asked) {
    event.preventDefault();
    openSearch();
  }
});
