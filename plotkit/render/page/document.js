// What every part uses: what the page carries, elements, texts, the reader's settings, walks through a spec.

const page = JSON.parse(document.getElementById("pk-payload").textContent);
const said = (name, facts = {}) =>
  Object.entries(facts).reduce((text, [key, value]) => text.replace(`{${key}}`, () => value), page.words[name]);

const el = (name, text, className) => {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
};
const svgEl = (name, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  return node;
};
const short = (text, limit = 300) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);
const isObject = v => v !== null && typeof v === "object";

// Visit every object of a spec but its rows.
function visit(value, see) {
  if (!isObject(value)) return;
  if (!Array.isArray(value)) see(value);
  for (const key in value) if (key !== "values" && key !== "datasets") visit(value[key], see);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");
let printing = paper.matches;

// Inside a longer page the wheel and the finger belong to that page.
const framed = () => window.parent !== window || document.documentElement.scrollHeight > innerHeight + 1;

const measure = (() => {
  const context = document.createElement("canvas").getContext("2d");
  return (text, font) => { context.font = font; return context.measureText(text).width; };
})();
const graphemes = new Intl.Segmenter(undefined, {granularity: "grapheme"});
// As much of a word as a line holds, and at least one character.
function beginning(word, font, width) {
  let head = "";
  for (const {segment} of graphemes.segment(word)) {
    if (head && measure(head + segment, font) > width) break;
    head += segment;
  }
  return head;
}
function wrap(text, font, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && measure(longer, font) > width) { lines.push(line); line = word; } else line = longer;
    // A word, or a text of a script without blanks, that is wider than a line.
    for (let head; measure(line, font) > width && (head = beginning(line, font, width)) !== line;) {
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line];
}
// Lines run together again, as they were before they were broken.
const CLOSE = /[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/;
const unwrapped = ([first = "", ...others]) => others.reduce((text, line) =>
  text + (CLOSE.test(text.slice(-1)) && CLOSE.test(line.slice(0, 1)) ? "" : " ") + line, first);
