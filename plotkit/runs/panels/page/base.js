// What every part uses: elements, what the page says, the files that it carries.

const el = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const svgEl = (name, attributes, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  node.append(...children);
  return node;
};
// A text that someone wrote: it may run from right to left.
const written = (name, className, text) => {
  const node = el(name, className, text);
  node.dir = "auto";
  return node;
};
const filled = (text, facts = {}) =>
  text.replace(/\{(\w+)\}/g, (slot, key) => (key in facts ? facts[key] : slot));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// file -> its address: "data:" in a report, a URL where the page is served.
const files = new Map();
// file -> what a frame shows, with the policy that keeps it from loading anything.
const documents = new Map();

// Each file stands in a page once: as the source of what is shown first, or in the JSON of a panel.
function gather(root) {
  for (const node of root.querySelectorAll("[data-pk-file]")) {
    const file = node.dataset.pkFile;
    if (node.localName === "iframe") documents.set(file, node.srcdoc);
    else if (node.hasAttribute("src")) files.set(file, node.getAttribute("src"));
  }
}

async function bytesOf(file) {
  const address = files.get(file);
  if (!address) throw new Error("missing");
  if (!address.startsWith("data:")) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error("missing");
    return answer.arrayBuffer();
  }
  const text = atob(address.slice(address.indexOf(",") + 1));
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}

// Sound and video are given as blobs: not every browser plays and winds "data:".
const blobs = new Map();
async function playable(file) {
  const address = files.get(file);
  if (!address?.startsWith("data:")) return address;
  if (!blobs.has(file)) {
    const type = address.slice(5, address.search(/[;,]/));
    blobs.set(file, URL.createObjectURL(new Blob([await bytesOf(file)], {type})));
  }
  return blobs.get(file);
}

const message = text => el("p", "pk-m-message", text);
