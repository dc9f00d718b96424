// The place of a 3D scene in a panel: turned, moved and zoomed by mouse, finger and key. All scenes
// of a panel are seen from the same side, so that a truth and its prediction can be compared.

class Viewer {
  static all = new Set();
  // One that is there already keeps its picture until the next scene is read.
  static of(panel, {key, index}) {
    const name = `${key}${index}`;
    if (!panel.viewers.has(name)) panel.viewers.set(name, new Viewer(panel));
    return panel.viewers.get(name);
  }

  constructor(panel) {
    this.panel = panel;
    panel.camera ??= {...FIRST};
    this.node = el("div", "pk-m-viewer");
    this.canvas = el("canvas");
    this.labels = el("div", "pk-m-labels");
    this.canvas.tabIndex = 0;
    this.canvas.role = "img";
    this.node.append(this.canvas, this.labels);
    this.pointers = new Map();
    this.near = false;
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.node);
    new IntersectionObserver(seen => this.seen(seen.at(-1).isIntersecting), {rootMargin: "300px"}).observe(this.node);
  }

  show(item, {alt, most}) {
    if (!files.get(item.file)) return message(this.panel.said("missing", {file: item.file}));
    this.canvas.ariaLabel = this.panel.said("scene", {name: alt});
    this.node.style.width = `${most}px`;
    if (this.file !== item.file) {
      this.file = item.file;
      this.node.replaceChildren(this.canvas, this.labels);
      this.release();
      if (this.near) this.load();
    }
    return this.node;
  }
  seen(near) {
    this.near = near;
    if (near) this.load();
    else this.release();
  }
  async load() {
    Viewer.all.add(this);
    const {file} = this;
    if (this.scene || this.reading === file) return;
    this.reading = file;
    try {
      const scene = readScene(await bytesOf(file));
      if (this.file !== file || !this.near) return;
      this.scene = scene;
      this.model = placed(scene);
      this.labels.replaceChildren(...scene.labels.map(label => written("span", "", label.text)));
      this.draw();
    } catch {
      if (this.file === file) this.fail(this.panel.said("damaged", {file}));
    } finally {
      if (this.reading === file) this.reading = null;
    }
  }
  fail(text) { this.node.replaceChildren(message(text)); }
  release() {
    if (this.loaded && painter?.gl && this.loaded.age === painter.age) this.loaded.free();
    this.loaded = this.scene = null;
    Viewer.all.delete(this);
  }

  // --- drawing ---

  draw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.paint();
    });
  }
  paint() {
    const {scene, canvas} = this, wide = canvas.clientWidth, high = canvas.clientHeight;
    if (!scene || !wide || !high) return;
    painter ??= new Painter();
    if (!painter.age) return void this.fail(this.panel.said("no_scene"));
    if (!painter.gl) return; // lost for now
    if (this.loaded?.age !== painter.age) this.loaded = painter.load(scene);
    const density = Math.min(devicePixelRatio || 1, 3), width = Math.round(wide * density), height = Math.round(high * density);
    const {camera} = this.panel, aspect = wide / high;
    const distance = distanceOf(scene, this.model, FIRST, aspect) / camera.zoom;
    const view = product(product(shift(camera.x, camera.y, -distance), turned(camera.yaw, camera.pitch)), this.model);
    const projection = perspective(ANGLE, aspect, Math.max(distance - 3 - Math.hypot(camera.x, camera.y), distance * .02), distance + 4);
    const count = (scene.points?.positions.length ?? 3) / 3;
    const size = clamp(2.2 / Math.sqrt(count), .006, .05) * height / (2 * Math.tan(ANGLE / 2));
    painter.draw(this.loaded, {view, projection, width, height, density, size, ink: this.ink()});
    Object.assign(canvas, {width, height});
    canvas.getContext("2d").drawImage(painter.canvas, 0, 0, width, height, 0, 0, width, height);
    this.unit = 2 * distance * Math.tan(ANGLE / 2) / high; // of the scene, for one px
    this.place(product(projection, view), wide, high);
  }
  // The labels, the nearest first; what would lie over one that is there is left out.
  place(view, wide, high) {
    const taken = [], nodes = [...this.labels.children];
    const found = this.scene.labels.map((label, at) => ({node: nodes[at], place: through(view, label.at)}));
    found.sort((a, b) => a.place[2] - b.place[2]);
    for (const {node, place: [x, y, depth]} of found) {
      node.hidden = !(depth > 0 && Math.abs(x) < 1 && Math.abs(y) < 1);
      if (node.hidden) continue;
      const left = (x + 1) / 2 * wide, top = (1 - y) / 2 * high, half = node.offsetWidth / 2 + 2;
      node.hidden = taken.some(one => Math.abs(one.left - left) < one.half + half && Math.abs(one.top - top) < 18);
      if (node.hidden) continue;
      taken.push({left, top, half});
      node.style.left = `${left}px`;
      node.style.top = `${top}px`;
    }
  }
  ink() {
    const found = getComputedStyle(this.node).color.match(/[\d.]+/g);
    return found ? [...found.slice(0, 3).map(part => part / 255), 1] : [.5, .5, .5, 1];
  }

  // --- turning, moving, zooming ---

  change(facts) {
    Object.assign(this.panel.camera, facts);
    for (const viewer of this.panel.viewers.values()) viewer.draw();
  }
  turn(x, y) {
    const {yaw, pitch} = this.panel.camera;
    this.change({yaw: yaw + x * .008, pitch: clamp(pitch + y * .008, -1.55, 1.55)});
  }
  move(x, y) {
    const {camera} = this.panel, unit = this.unit ?? .01;
    this.change({x: camera.x + x * unit, y: camera.y - y * unit});
  }
  zoom(by) { this.change({zoom: clamp(this.panel.camera.zoom * by, .1, 60)}); }
  reset() { this.change(FIRST); }

  listen() {
    const {canvas, pointers} = this;
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
      this.moves = event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0;
      if (event.button > 0) event.preventDefault();
      canvas.focus({preventScroll: true});
    });
    canvas.addEventListener("pointermove", event => {
      const from = pointers.get(event.pointerId);
      if (!from) return;
      const to = {x: event.clientX, y: event.clientY}, x = to.x - from.x, y = to.y - from.y;
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const apart = at => Math.hypot(at.x - other.x, at.y - other.y) || 1;
        this.move(x / 2, y / 2);
        this.zoom(apart(to) / apart(from));
      } else if (this.moves || event.ctrlKey) this.move(x, y);
      else this.turn(x, y);
      pointers.set(event.pointerId, to);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, event => pointers.delete(event.pointerId));
    }
    canvas.addEventListener("contextmenu", event => event.preventDefault());
    canvas.addEventListener("dblclick", () => this.reset());
    // The wheel belongs to the page until the scene has been clicked, or Ctrl is held.
    canvas.addEventListener("wheel", event => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 200 : 1;
      this.zoom(Math.exp(-clamp(event.deltaY * lines, -200, 200) * (event.ctrlKey ? .008 : .0016)));
    }, {passive: false});
    canvas.addEventListener("keydown", event => {
      const way = {ArrowLeft: [-24, 0], ArrowRight: [24, 0], ArrowUp: [0, -24], ArrowDown: [0, 24]}[event.key];
      if (way) event.ctrlKey || event.shiftKey ? this.move(...way) : this.turn(...way);
      else if (event.key === "+" || event.key === "=") this.zoom(1.2);
      else if (event.key === "-") this.zoom(1 / 1.2);
      else if (event.key === "0" || event.key === "Home") this.reset();
      else return;
      event.preventDefault();
    });
  }
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => Viewer.all.forEach(viewer => viewer.draw()));

// What a panel no longer shows is not kept.
function shown(panel) {
  for (const [name, viewer] of panel.viewers) {
    if (panel.view.contains(viewer.node)) continue;
    viewer.release();
    panel.viewers.delete(name);
  }
}
