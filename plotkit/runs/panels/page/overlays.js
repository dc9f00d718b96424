// What lies over pictures: masks of classes, and boxes with labels and scores.

// COLOURS are those of the dark theme; every further round of them is paler.
const rgbOf = (colour, paler) =>
  [1, 3, 5].map(at => Math.round((parseInt(colour.slice(at, at + 2), 16) * (1 - paler)) + 255 * paler));
function colourOf(number) {
  const round = Math.floor(number / COLOURS.length);
  return rgbOf(COLOURS[number % COLOURS.length], round % 3 * .28);
}
const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
const isDark = ([r, g, b]) => r * .299 + g * .587 + b * .114 < 140;

class Overlays {
  constructor(panel) {
    this.panel = panel;
    this.on = true;
    this.opacity = .55;
    this.score = null; // the lowest that is shown
    this.range = null; // of the scores
    this.groups = new Map();
    this.names = []; // classes that have no number, in the order in which they came
    this.painters = new Set();
    for (const items of panel.items) for (const item of items) this.read(item);
  }
  read(item) {
    for (const mask of item.masks ?? []) this.known("mask", mask.name, mask.classes);
    for (const group of item.boxes ?? []) this.boxes(group);
    // Objects may stand in the cells of a table.
    for (const cell of (item.rows ?? []).flat(2)) if (typeof cell === "object") this.read(cell);
  }
  get empty() { return this.groups.size === 0; }

  known(kind, name, classes) {
    const key = `${kind}:${name}`;
    if (!this.groups.has(key)) this.groups.set(key, {kind, name, on: true, classes: new Map()});
    const group = this.groups.get(key);
    for (const label in classes) this.labelled(group, label, classes[label]);
    return group;
  }
  labelled(group, label, name) {
    if (group.classes.has(label)) return group.classes.get(label);
    let number = /^\d+$/.test(label) ? +label : this.names.indexOf(label);
    if (number < 0) number = this.names.push(label) - 1;
    // What has the label 0 in a mask is most often the ground that everything stands on.
    const made = {name: name ?? (/^\d+$/.test(label) ? this.panel.said("class", {label}) : label), rgb: colourOf(number),
      on: !(group.kind === "mask" && label === "0")};
    group.classes.set(label, made);
    return made;
  }
  boxes({name, classes, boxes}) {
    const group = this.known("boxes", name, {});
    for (const box of boxes) {
      this.labelled(group, box.class, classes[box.class] ?? (box.class || name));
      if (box.score === null) continue;
      const [low, high] = this.range ?? [box.score, box.score];
      this.range = [Math.min(low, box.score), Math.max(high, box.score)];
    }
  }

  repaint() { for (const paint of this.painters) paint(); }

  // --- controls ---

  controls() {
    this.box = el("div", "pk-m-overlays");
    this.box.role = "group";
    this.box.ariaLabel = this.panel.said("overlays");
    this.fill();
    return this.box;
  }
  fill() {
    const change = () => { this.box.classList.toggle("off", !this.on); this.repaint(); };
    const main = el("div", "pk-m-switches");
    main.append(checkbox(this.panel.said("overlays"), this.on, on => { this.on = on; change(); }).label);
    if ([...this.groups.values()].some(group => group.kind === "mask")) {
      main.append(this.ranged("opacity", {min: 0, max: 1, step: .05, value: this.opacity}, value => {
        this.opacity = value;
        change();
      }));
    }
    if (this.range && this.range[0] < this.range[1]) {
      const [low, high] = this.range;
      this.score ??= low;
      main.append(this.ranged("score", {min: low, max: high, step: (high - low) / 100, value: this.score}, value => {
        this.score = value;
        change();
      }));
    }
    this.box.replaceChildren(main);
    for (const group of this.groups.values()) {
      const line = el("div", "pk-m-group");
      line.append(checkbox(group.name, group.on, on => { group.on = on; change(); }, "pk-m-switch pk-m-title").label);
      const single = group.kind === "boxes" && group.classes.size === 1 && [...group.classes.values()][0].name === group.name;
      for (const one of single ? [] : group.classes.values()) {
        const {label} = checkbox(one.name, one.on, on => { one.on = on; change(); }, "pk-m-class");
        label.style.setProperty("--colour", css(one.rgb));
        line.append(label);
      }
      this.box.append(line);
    }
  }
  ranged(key, facts, act) {
    const label = el("label", "pk-m-range"), input = el("input", "pk-m-slider"), text = el("span");
    Object.assign(input, {type: "range", ...facts});
    input.value = facts.value;
    const tell = () => {
      const share = (input.value - facts.min) / (facts.max - facts.min || 1);
      input.style.setProperty("--at", `${share * 100}%`);
      const shown = (+input.value).toLocaleString(document.documentElement.lang || undefined,
        {minimumFractionDigits: 2, maximumFractionDigits: 2});
      text.textContent = this.panel.said(key, {score: shown});
    };
    input.addEventListener("input", () => { tell(); act(+input.value); });
    tell();
    label.append(text, input);
    return label;
  }

  // --- drawing ---

  // The layers over one picture; they stretch with it.
  layers(item) {
    const made = [];
    for (const mask of item.masks ?? []) made.push(this.mask(mask));
    for (const group of item.boxes ?? []) made.push(this.frames(group));
    return made;
  }
  mask(mask) {
    const canvas = el("canvas", "pk-m-mask"), group = this.known("mask", mask.name, mask.classes);
    let labels = null;
    const paint = () => {
      canvas.hidden = !this.on || !group.on || !labels;
      if (!canvas.hidden) colourIn(canvas, labels, label => group.classes.get(String(label)), this.opacity);
    };
    this.painters.add(paint);
    labelsOf(mask.file).then(found => {
      labels = found;
      const count = group.classes.size;
      for (const label of found.present) this.labelled(group, String(label));
      if (group.classes.size !== count && this.box) this.fill();
      paint();
    }, () => { canvas.replaceWith(message(this.panel.said("damaged", {file: mask.file}))); });
    paint();
    return canvas;
  }
  frames({name, classes, boxes}) {
    const layer = el("div", "pk-m-boxes"), group = this.known("boxes", name, {});
    const paint = () => {
      layer.hidden = !this.on || !group.on;
      layer.replaceChildren(...boxes.filter(box => group.classes.get(box.class)?.on
        && (box.score === null || this.score === null || box.score >= this.score)).map(box => framed(box, group)));
    };
    this.painters.add(paint);
    paint();
    return layer;
  }
}

function framed(box, group) {
  const [x0, y0, x1, y1] = box.at.map(at => clamp(at, 0, 1) * 100), {rgb, name} = group.classes.get(box.class);
  const node = el("div", "pk-m-box");
  Object.assign(node.style, {left: `${Math.min(x0, x1)}%`, top: `${Math.min(y0, y1)}%`,
    width: `${Math.abs(x1 - x0)}%`, height: `${Math.abs(y1 - y0)}%`});
  node.style.setProperty("--colour", css(rgb));
  const score = box.score === null ? "" : `${+box.score.toPrecision(2)}`;
  const called = box.caption || name;
  // A caption that names its score says it once.
  const text = !score || (box.caption || "").includes(score) ? called : `${called} (${score})`.trim();
  if (text) {
    const tag = written("span", "pk-m-tag", text);
    if (isDark(rgb)) tag.classList.add("on-dark");
    if (Math.min(y0, y1) > 9) tag.classList.add("above");
    if (Math.min(x0, x1) > 60) tag.classList.add("end");
    node.append(tag);
  }
  return node;
}

const LARGEST = 1 << 26; // pixels of a mask that is read
const decoded = new Map();
function labelsOf(file) {
  if (!decoded.has(file)) decoded.set(file, bytesOf(file).then(decodeLabels));
  return decoded.get(file);
}

// So many bytes and no more: a few may be packed that would fill the memory.
async function inflated(parts, length) {
  const made = new Uint8Array(length);
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  for (let at = 0; at < length;) {
    const {done, value} = await reader.read();
    if (done) throw new Error("not a mask");
    made.set(value.subarray(0, length - at), at);
    at += value.length;
  }
  reader.cancel().catch(() => {});
  return made;
}

// A grey PNG of 8 or 16 bits, read here: a canvas gives no more than 8, and in some browsers noise.
async function decodeLabels(buffer) {
  const view = new DataView(buffer), parts = [];
  let width = 0, height = 0, deep = 1;
  for (let at = 8; at + 12 <= buffer.byteLength;) {
    const length = view.getUint32(at), kind = view.getUint32(at + 4), body = at + 8;
    if (kind === 0x49484452) { // IHDR
      [width, height, deep] = [view.getUint32(body), view.getUint32(body + 4), view.getUint8(body + 8) / 8];
      if (![1, 2].includes(deep) || view.getUint8(body + 9) !== 0 || view.getUint8(body + 12) !== 0) throw new Error("not a mask");
    } else if (kind === 0x49444154) parts.push(new Uint8Array(buffer, body, length)); // IDAT
    at = body + length + 4;
  }
  const line = width * deep;
  if (!width || !height || width * height > LARGEST) throw new Error("not a mask");
  const raw = await inflated(parts, (line + 1) * height);
  const bytes = new Uint8Array(line * height), labels = new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)];
    for (let x = 0; x < line; x++) {
      const at = y * line + x, a = x >= deep ? bytes[at - deep] : 0, b = y ? bytes[at - line] : 0;
      const c = x >= deep && y ? bytes[at - line - deep] : 0;
      let guess = 0;
      if (filter === 1) guess = a;
      else if (filter === 2) guess = b;
      else if (filter === 3) guess = (a + b) >> 1;
      else if (filter === 4) {
        const p = a + b - c, [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
        guess = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      }
      bytes[at] = raw[y * (line + 1) + 1 + x] + guess;
    }
  }
  for (let at = 0; at < labels.length; at++) labels[at] = deep === 2 ? bytes[2 * at] << 8 | bytes[2 * at + 1] : bytes[at];
  return {width, height, labels, present: [...new Set(labels)].sort((a, b) => a - b)};
}

function colourIn(canvas, {width, height, labels, present}, classOf, opacity) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
  const context = canvas.getContext("2d"), image = context.createImageData(width, height), {data} = image;
  const colours = [];
  for (const label of present) {
    const found = classOf(label);
    if (found?.on) colours[label] = found.rgb;
  }
  const inside = Math.round(opacity * 255), edge = width * height > 4096 ? Math.round(Math.min(1, opacity + .35) * 255) : inside;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const label = labels[at], colour = colours[label];
      if (!colour) continue;
      const bordered = (x > 0 && labels[at - 1] !== label) || (x + 1 < width && labels[at + 1] !== label)
        || (y > 0 && labels[at - width] !== label) || (y + 1 < height && labels[at + width] !== label);
      [data[4 * at], data[4 * at + 1], data[4 * at + 2]] = colour;
      data[4 * at + 3] = opacity === 0 ? 0 : bordered ? edge : inside;
    }
  }
  context.putImageData(image, 0, 0);
}
