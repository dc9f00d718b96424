// One panel: what was logged under a name, step by step.

const panels = new Set();
let linked = false;

const ICONS = {
  play: () => svgEl("svg", {viewBox: "0 0 16 16", "aria-hidden": "true"}, svgEl("path", {d: "M4.5 2.8v10.4l9-5.2z"})),
  pause: () => svgEl("svg", {viewBox: "0 0 16 16", "aria-hidden": "true"}, svgEl("path", {d: "M4 3h3v10H4zM9 3h3v10H9z"})),
  previous: () => svgEl("svg", {viewBox: "0 0 16 16", "aria-hidden": "true", class: "stroked"}, svgEl("path", {d: "M10 3 5 8l5 5"})),
  next: () => svgEl("svg", {viewBox: "0 0 16 16", "aria-hidden": "true", class: "stroked"}, svgEl("path", {d: "M6 3l5 5-5 5"})),
  close: () => svgEl("svg", {viewBox: "0 0 16 16", "aria-hidden": "true", class: "stroked"}, svgEl("path", {d: "M4 4l8 8M12 4l-8 8"})),
};
function button(icon, label, act) {
  const node = el("button", "pk-m-button");
  node.type = "button";
  named(node, icon, label);
  node.addEventListener("click", act);
  return node;
}
function named(node, icon, label) {
  node.ariaLabel = node.title = label;
  node.replaceChildren(ICONS[icon]());
}
function checkbox(text, on, act, className = "pk-m-switch") {
  const label = el("label", className), input = el("input");
  input.type = "checkbox";
  input.checked = on;
  input.addEventListener("change", () => act(input.checked));
  label.append(input, written("span", "", text));
  return {label, input};
}

const PLAYED = 8000; // ms that all steps take together, where each has its time
const SIDE = 60; // steps beside each other
const STILL = ["image", "histogram", "scene"]; // what can stand beside other steps

class Panel {
  constructor(node) {
    this.node = node;
    const data = JSON.parse(node.querySelector("script").textContent);
    Object.assign(this, {name: data.name, words: data.words, steps: data.steps, items: data.items});
    for (const file in data.files) files.set(file, data.files[file]);
    this.view = node.querySelector(".pk-m-view");
    this.bar = node.querySelector(".pk-m-bar");
    this.at = this.steps.length - 1;
    this.beside = false;
    this.viewers = new Map();
    this.camera = null;
    this.overlays = new Overlays(this);
    // It is shown when all panels have given their files.
  }

  takeOver(before) {
    const {at, steps, beside, camera, overlays} = before;
    // What stood at the end stays there, as a run goes on.
    if (at < steps.length - 1) this.at = Math.max(this.steps.findLastIndex(step => step <= steps[at]), 0);
    Object.assign(this, {beside, camera});
    for (const key of ["on", "opacity"]) this.overlays[key] = overlays[key];
  }

  said(key, facts) { return filled(this.words[key], facts); }
  get step() { return this.steps[this.at]; }
  nameOf(index, count) {
    return count > 1 ? this.said("numbered", {name: this.name, number: index + 1}) : this.name;
  }
  altOf(item, index, count, step) {
    return item.caption || this.said("at_step", {name: this.nameOf(index, count), step});
  }

  start() {
    this.output = el("output", "pk-m-step");
    if (this.steps.length > 1) {
      this.slider = el("input", "pk-m-slider");
      Object.assign(this.slider, {type: "range", min: 0, max: this.steps.length - 1, step: 1, value: this.at});
      this.slider.ariaLabel = `${this.said("slider")}: ${this.name}`;
      this.slider.addEventListener("input", () => { this.stop(); this.go(+this.slider.value); });
      this.player = button("play", this.said("play"), () => (this.timer ? this.stop() : this.play()));
      this.bar.replaceChildren(this.player, this.slider, this.output);
      this.switches = el("div", "pk-m-switches");
      this.link = checkbox(this.said("linked"), linked, on => link(on, this));
      this.link.label.hidden = true;
      this.switches.append(this.link.label);
      if (this.items.some(items => items.some(item => STILL.includes(item.kind)))) {
        this.side = checkbox(this.said("beside"), this.beside, on => {
          this.stop();
          this.beside = on;
          this.show();
        });
        this.switches.append(this.side.label);
      }
      this.bar.append(this.switches);
    } else this.bar.replaceChildren(this.output);
    this.node.querySelector(".pk-m-overlays")?.remove();
    if (!this.overlays.empty) this.view.before(this.overlays.controls());
    if (this.items.some(items => items.some(item => item.kind === "scene"))) {
      this.view.after(el("p", "pk-m-hint", this.said("turn")));
    }
    this.show();
  }

  go(at, follow = true) {
    this.at = clamp(at, 0, this.steps.length - 1);
    this.show();
    if (!follow || !linked) return;
    for (const other of panels) if (other !== this && other.slider) other.follow(this.step);
  }
  // The latest step that is not after another panel's.
  follow(step) {
    const later = this.steps.findIndex(own => own > step);
    const at = later < 0 ? this.steps.length - 1 : Math.max(later - 1, 0);
    if (at !== this.at) this.go(at, false);
  }
  play() {
    if (this.at === this.steps.length - 1) this.go(0);
    named(this.player, "pause", this.said("pause"));
    const every = clamp(PLAYED / this.steps.length, 120, 800);
    this.timer = setInterval(() => {
      if (!this.node.isConnected || this.at >= this.steps.length - 1) this.stop();
      else this.go(this.at + 1);
    }, every);
  }
  stop() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    named(this.player, "play", this.said("play"));
  }

  show() {
    const told = this.said("step", {step: this.step});
    this.output.textContent = told;
    if (this.slider) {
      this.slider.value = this.at;
      this.slider.ariaValueText = told;
      this.slider.style.setProperty("--at", `${(100 * this.at) / (this.steps.length - 1)}%`);
    }
    this.overlays.painters.clear();
    if (this.beside) this.showBeside();
    else {
      this.lane = null;
      this.view.replaceChildren(this.grid(this.items[this.at], this.step));
    }
    shown(this);
  }
  grid(items, step, most, key = "") {
    const grid = el("div", "pk-m-grid");
    const noted = [];
    if (!items.length) grid.append(message(this.said("empty")));
    items.forEach((item, index) => {
      const alt = this.altOf(item, index, items.length, step);
      const figure = el("figure", `pk-m-item pk-m-${item.kind}`);
      const show = KINDS[item.kind] ?? KINDS.other;
      figure.append(show(item, this, {alt, index, step, key, most: most ?? mostOf(items.length)}));
      if (item.note && items.length > 1) noted.push(`${this.nameOf(index, items.length)}: ${item.note}`);
      const told = [item.caption, items.length === 1 && item.note].filter(Boolean);
      if (told.length) {
        const caption = el("figcaption");
        told.forEach((text, at) => caption.append(written("span", at || !item.caption ? "pk-m-remark" : "", text)));
        figure.append(caption);
      }
      grid.append(figure);
    });
    if (noted.length && !key) {
      const notes = el("details", "pk-m-notes");
      notes.append(el("summary", "", this.said("notes", {count: noted.length})));
      for (const note of noted) notes.append(written("p", "", note));
      grid.append(notes);
    }
    return grid;
  }
  // All steps in a line, the chosen one marked; made once, and then only wound.
  showBeside() {
    if (!this.lane) {
      const count = this.steps.length, keep = Math.min(count, SIDE);
      const chosen = new Set(Array.from({length: keep}, (_, at) => Math.round((at * (count - 1)) / Math.max(keep - 1, 1))));
      this.lane = el("div", "pk-m-lane");
      this.lane.tabIndex = 0;
      this.lane.role = "group";
      this.lane.ariaLabel = `${this.name}: ${this.said("beside")}`;
      for (const at of chosen) {
        const column = el("div", "pk-m-column");
        column.dataset.at = at;
        column.append(el("div", "pk-m-step", this.said("step", {step: this.steps[at]})));
        column.append(this.grid(this.items[at], this.steps[at], 132, `${at}:`));
        this.lane.append(column);
      }
      this.view.replaceChildren(this.lane);
    } else this.overlays.repaint();
    let nearest = null;
    for (const column of this.lane.children) {
      column.classList.remove("chosen");
      if (!nearest || Math.abs(column.dataset.at - this.at) < Math.abs(nearest.dataset.at - this.at)) nearest = column;
    }
    nearest.classList.add("chosen");
    const {offsetLeft, offsetWidth} = nearest;
    this.lane.scrollTo({left: offsetLeft - (this.lane.clientWidth - offsetWidth) / 2});
  }
}

// px that a picture may be wide, by how many stand together.
const mostOf = count => (count === 1 ? 560 : count === 2 ? 350 : count <= 4 ? 229 : 169);

function link(on, panel) {
  linked = on;
  for (const other of panels) if (other.link) other.link.input.checked = on;
  if (on) for (const other of panels) if (other !== panel && other.slider) other.follow(panel.step);
}
