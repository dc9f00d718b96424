(() => {
"use strict";

// ---------------------------------------------------------------------------------------------
// Expressions. Vega hands over syntax trees (ast: true); they become closures here. No expression
// can hold a function, a window or a node, so nothing can be called but the listed functions.

const CONSTANTS = {
  NaN, E: Math.E, LN2: Math.LN2, LN10: Math.LN10, LOG2E: Math.LOG2E, LOG10E: Math.LOG10E,
  PI: Math.PI, SQRT1_2: Math.SQRT1_2, SQRT2: Math.SQRT2,
  MIN_VALUE: Number.MIN_VALUE, MAX_VALUE: Number.MAX_VALUE,
};
const BINARY = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
  "%": (a, b) => a % b, "|": (a, b) => a | b, "&": (a, b) => a & b, "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b, ">>": (a, b) => a >> b, ">>>": (a, b) => a >>> b,
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "==": (a, b) => a == b, "!=": (a, b) => a != b, "===": (a, b) => a === b, "!==": (a, b) => a !== b,
};
const UNARY = {"+": a => +a, "-": a => -a, "~": a => ~a, "!": a => !a};
const EVENT_FUNCTIONS = new Set(["view", "item", "group", "xy", "x", "y"]);
const at = d => new Date(d);
const list = v => {
  if (typeof v === "string" || Array.isArray(v) || ArrayBuffer.isView(v)) return v;
  throw Error("an expression needs a list or a text here");
};
const FUNCTIONS = {
  isNaN: Number.isNaN, isFinite: Number.isFinite, abs: Math.abs, acos: Math.acos, asin: Math.asin,
  atan: Math.atan, atan2: Math.atan2, ceil: Math.ceil, cos: Math.cos, exp: Math.exp,
  floor: Math.floor, hypot: Math.hypot, log: Math.log, max: Math.max, min: Math.min,
  pow: Math.pow, random: Math.random, round: Math.round, sin: Math.sin, sqrt: Math.sqrt,
  tan: Math.tan, clamp: (v, lo, hi) => Math.max(lo, Math.min(hi, v)),
  now: Date.now, utc: Date.UTC,
  datetime: (...a) =>
    a.length === 0 ? new Date() : a.length === 1 ? new Date(a[0]) : new Date(...a),
  date: d => at(d).getDate(), day: d => at(d).getDay(), year: d => at(d).getFullYear(),
  month: d => at(d).getMonth(), hours: d => at(d).getHours(), minutes: d => at(d).getMinutes(),
  seconds: d => at(d).getSeconds(), milliseconds: d => at(d).getMilliseconds(),
  time: d => at(d).getTime(), timezoneoffset: d => at(d).getTimezoneOffset(),
  utcdate: d => at(d).getUTCDate(), utcday: d => at(d).getUTCDay(),
  utcyear: d => at(d).getUTCFullYear(), utcmonth: d => at(d).getUTCMonth(),
  utchours: d => at(d).getUTCHours(), utcminutes: d => at(d).getUTCMinutes(),
  utcseconds: d => at(d).getUTCSeconds(), utcmilliseconds: d => at(d).getUTCMilliseconds(),
  length: v => list(v).length,
  join: (v, s) => Array.from(list(v)).join(s),
  indexof: (v, ...a) => list(v).indexOf(...a),
  lastindexof: (v, ...a) => list(v).lastIndexOf(...a),
  slice: (v, ...a) => list(v).slice(...a),
  reverse: v => Array.from(list(v)).reverse(),
  sort: v => Array.from(list(v)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  parseFloat, parseInt,
  upper: v => String(v).toUpperCase(), lower: v => String(v).toLowerCase(),
  substring: (v, ...a) => String(v).substring(...a), split: (v, ...a) => String(v).split(...a),
  replace: (v, p, r) => String(v).replace(p, String(r)), trim: v => String(v).trim(),
  btoa: v => btoa(v), atob: v => atob(v), encodeURIComponent: v => encodeURIComponent(v),
  regexp: (p, f) => new RegExp(p, f), test: (r, t) => new RegExp(r).test(t),
};
// What binning found hangs on a function: its numbers are handed on, the function is not.
const bins = ({start, stop, step}) =>
  [start, stop, step].every(n => typeof n === "number") ? {start, stop, step} : undefined;
const inert = value =>
  typeof value === "function" ? bins(value)
    : value instanceof Node || (value && value.window === value) ? undefined : value;

// Own properties of the function tables only: never those of Object.prototype.
function known(table, name) {
  for (let t = table; t && t !== Object.prototype; t = Object.getPrototypeOf(t)) {
    if (Object.hasOwn(t, name)) return t[name];
  }
}

// A closure takes one scope: {params, datum, event, item}.
function closure(node, functions) {
  const sub = n => closure(n, functions);
  switch (node.type) {
    case "Literal": {
      const {regex, value} = node;
      return regex ? () => new RegExp(regex.pattern, regex.flags) : () => value;
    }
    case "Identifier": {
      const {name} = node;
      if (name === "datum" || name === "event" || name === "item") return s => s[name];
      if (Object.hasOwn(CONSTANTS, name)) return () => CONSTANTS[name];
      const key = "$" + name;
      return s => inert(s.params[key]);
    }
    case "MemberExpression": {
      const object = sub(node.object);
      if (!node.computed) {
        const key = node.property.name;
        return s => inert(object(s)[key]);
      }
      const property = sub(node.property);
      return s => {
        const key = property(s);
        return inert(object(s)[typeof key === "object" ? String(key) : key]);
      };
    }
    case "CallExpression": {
      const name = node.callee.name.replace(/^_/, "");
      const args = node.arguments.map(sub);
      if (name === "if") return s => (args[0](s) ? args[1](s) : args[2](s));
      if (EVENT_FUNCTIONS.has(name)) return s => s.event.vega[name](...args.map(a => a(s)));
      const call = known(functions, name) || known(FUNCTIONS, name);
      if (typeof call !== "function") throw Error(`unknown function ${name} in an expression`);
      return s => call.apply(functions, args.map(a => a(s)));
    }
    case "ArrayExpression": {
      const parts = node.elements.map(sub);
      return s => parts.map(p => inert(p(s)));
    }
    case "ObjectExpression": {
      const parts = node.properties.map(p => [
        p.key.type === "Literal" ? String(p.key.value) : p.key.name, sub(p.value)]);
      // Object.fromEntries defines own properties, so that "__proto__" is a name like any other.
      return s => Object.fromEntries(parts.map(([key, value]) => [key, inert(value(s))]));
    }
    case "BinaryExpression": {
      const op = BINARY[node.operator], a = sub(node.left), b = sub(node.right);
      return s => op(a(s), b(s));
    }
    case "LogicalExpression": {
      const a = sub(node.left), b = sub(node.right);
      return node.operator === "&&" ? s => a(s) && b(s) : s => a(s) || b(s);
    }
    case "UnaryExpression": {
      const op = UNARY[node.operator], a = sub(node.argument);
      return s => op(a(s));
    }
    case "ConditionalExpression": {
      const test = sub(node.test), a = sub(node.consequent), b = sub(node.alternate);
      return s => (test(s) ? a(s) : b(s));
    }
  }
  throw Error(`unknown ${node.type} in an expression`);
}

const interpreter = {
  operator(context, expr) {
    const run = closure(expr.ast, context.functions);
    return params => run({params});
  },
  parameter(context, expr) {
    const run = closure(expr.ast, context.functions);
    return (datum, params) => run({params, datum});
  },
  event(context, expr) {
    const run = closure(expr.ast, context.functions);
    return event => run({params: {}, event});
  },
  handler(context, expr) {
    const run = closure(expr.ast, context.functions);
    return (params, event) => run({params, event, datum: event.item && event.item.datum});
  },
  encode(context, {marktype, channels}) {
    const runs = Object.entries(channels).map(([name, e]) => [name, closure(e.ast, context.functions)]);
    const ordered = marktype === "group" || marktype === "image" || marktype === "rect";
    return (item, params) => {
      const scope = {params, datum: item.datum, item};
      let changed = 0;
      for (const [name, run] of runs) {
        const value = run(scope);
        if (item[name] !== value) { item[name] = value; changed = 1; }
      }
      if (marktype !== "rule") {
        span(item, channels, "x", "width", ordered);
        span(item, channels, "y", "height", ordered);
      }
      return changed;
    };
  },
};

// Two ends, or one end and a size, become a start and a size.
function span(item, channels, start, size, ordered) {
  const end = start + "2", centre = start + "c";
  if (channels[end]) {
    if (!channels[start]) item[start] = item[end] - (item[size] || 0);
    else {
      if (ordered && item[start] > item[end]) [item[start], item[end]] = [item[end], item[start]];
      item[size] = item[end] - item[start];
    }
  }
  if (channels[centre]) item[start] = item[centre] - (item[size] || 0) / 2;
}

// ---------------------------------------------------------------------------------------------
// The document

const byId = id => document.getElementById(id);
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
const chart = byId("chart"), card = byId("card"), tools = byId("tools"), reset = byId("reset");
const short = (text, limit = 300) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);

function complain(problem) {
  const message = byId("message");
  if (!message.hidden) return;
  message.textContent = `This chart could not be drawn: ${short(String(problem?.message ?? problem))}`;
  message.hidden = false;
}
addEventListener("error", event => complain(event.error ?? event.message));
addEventListener("unhandledrejection", event => complain(event.reason));

const engine = globalThis.plotkitEngine;
if (!engine) return complain("its drawing program is missing from this file.");
const page = JSON.parse(byId("payload").textContent);
const isVega = /\/schema\/vega\//.test(page.spec.$schema);

const isObject = v => v !== null && typeof v === "object";
// Visit every object of a spec but its rows.
function visit(value, see) {
  if (!isObject(value)) return;
  if (!Array.isArray(value)) see(value);
  for (const key in value) if (key !== "values" && key !== "datasets") visit(value[key], see);
}

// ---------------------------------------------------------------------------------------------
// The spec. Tooltip titles travel as tokens: they would be parsed as part of an expression.

const COLOUR_CHANNELS = ["color", "stroke", "fill", "shape", "strokeDash", "detail"];
const tokens = new Map();
const seriesFields = new Set();
let zoomParams = [];

function prepare(spec, encoding = {}) {
  const own = {...encoding, ...(spec.encoding || {})};
  for (const channel of COLOUR_CHANNELS) {
    const field = own[channel]?.field ?? own[channel]?.condition?.field;
    if (typeof field === "string") seriesFields.add(field);
  }
  if (spec.encoding?.tooltip) {
    for (const def of [spec.encoding.tooltip].flat()) {
      if (!isObject(def)) continue;
      // Times are wall clocks sent as UTC; without a scale a tooltip would shift them to local time.
      if (def.type === "temporal" && !def.timeUnit) def.scale = {type: "utc"};
      const given = Array.isArray(def.title) ? def.title.join(" ") : def.title;
      if (typeof given !== "string") continue;
      const role = Object.keys(own).find(c => c !== "tooltip" && own[c]?.field !== undefined
        && own[c].field === def.field && (c === "x" || c === "y" || COLOUR_CHANNELS.includes(c)));
      const token = `pk${tokens.size}`;
      tokens.set(token, {title: given, role: role === "x" || role === "y" ? role : role && "series"});
      def.title = token;
    }
  }
  for (const key of ["layer", "hconcat", "vconcat", "concat"]) {
    for (const child of spec[key] || []) prepare(child, own);
  }
  if (isObject(spec.spec)) prepare(spec.spec, own);
}

const BIND_KEYS = ["input", "name", "options", "labels", "min", "max", "step", "debounce", "placeholder"];
const BIND_INPUTS = ["checkbox", "radio", "select", "range", "number", "text", "color", "date",
  "datetime-local", "month", "time", "week", "search"];
// Vega copies the keys of a binding into attributes: only known ones, of plain input types.
function tameBindings(vega) {
  visit(vega, node => {
    if (!isObject(node.bind)) return;
    const {bind} = node;
    node.bind = Object.fromEntries(BIND_KEYS.filter(k => Object.hasOwn(bind, k)).map(k => [k, bind[k]]));
    if (!BIND_INPUTS.includes(bind.input)) node.bind.input = "text";
  });
}

const loader = {
  load: () => { complain("it asks for data outside this file."); return Promise.reject(Error("blocked")); },
  sanitize(uri, options) {
    const link = options?.context === "href";
    const fine = link ? page.links && /^https?:\/\//i.test(uri) : /^data:image\/(png|jpeg);base64,/i.test(uri);
    return fine
      ? Promise.resolve(link ? {href: uri, target: "_blank", rel: "noopener noreferrer"} : {href: uri})
      : Promise.reject(Error("blocked"));
  },
  http: () => Promise.reject(Error("blocked")),
  file: () => Promise.reject(Error("blocked")),
};

const quiet = {
  level: () => quiet, warn: () => quiet, info: () => quiet, debug: () => quiet,
  error: (...args) => { complain(args.find(a => a instanceof Error) ?? args.join(" ")); return quiet; },
};

// ---------------------------------------------------------------------------------------------
// Drawing: at the designed size, laid out anew where the screen is narrower.

const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");
let printing = paper.matches;
let view = null, drawn = {width: 0, theme: ""}, designed = 0;

const themeNow = () =>
  printing && page.configs.light ? "light" : page.theme ?? (dark.matches ? "dark" : "light");
const fits = spec =>
  typeof spec.width === "number" && /^fit/.test(spec.autosize?.type ?? spec.autosize ?? "");

const measure = (() => {
  const context = document.createElement("canvas").getContext("2d");
  return (text, font) => { context.font = font; return context.measureText(text).width; };
})();
function wrap(text, font, width) {
  const lines = [];
  for (const paragraph of [text].flat()) {
    let line = "";
    for (const word of String(paragraph).split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && measure(longer, font) > width) { lines.push(line); line = word; } else line = longer;
    }
    lines.push(line);
  }
  return lines;
}

const sides = (spec, config) => {
  const padding = spec.padding ?? config.padding ?? 5;
  return isObject(padding) ? (padding.left ?? 0) + (padding.right ?? 0) : 2 * padding;
};

// What changes on a narrow screen: size, breaks of the titles, longest labels, columns of the legend.
function narrowed(spec, config, width, columns) {
  const copy = structuredClone(spec);
  copy.width = width;
  if (typeof copy.height === "number") {
    const scale = width / spec.width;
    copy.height = spec.height / spec.width >= 0.8
      ? Math.round(spec.height * scale)
      : Math.round(Math.max(spec.height * scale, Math.min(spec.height, 320)));
  }
  const look = {fontSize: 13, fontWeight: "bold", subtitleFontSize: 11, subtitleFontWeight: "normal",
    font: config.font ?? "sans-serif", ...config.title, ...(isObject(copy.title) ? copy.title : {})};
  let added = 0;
  const fit = (text, weight, size, font) => {
    const before = [text].flat();
    // Lines broken for the designed width run together again before they are broken anew.
    const whole = before.join(" ");
    const lines = wrap(whole, `${weight} ${size}px ${font}`, width - sides(copy, config) - 2);
    added += (lines.length - before.length) * size * 1.25;
    return lines.length > 1 ? lines : lines[0];
  };
  if (typeof copy.title === "string" || Array.isArray(copy.title)) copy.title = {text: copy.title};
  if (isObject(copy.title)) {
    const {text, subtitle} = copy.title;
    const plain = v => typeof v === "string" || Array.isArray(v);
    if (plain(text)) copy.title.text = fit(text, look.fontWeight, look.fontSize, look.font);
    if (plain(subtitle) && subtitle.length) {
      copy.title.subtitle = fit(subtitle, look.subtitleFontWeight, look.subtitleFontSize,
        look.subtitleFont ?? look.font);
    }
  }
  if (typeof copy.height === "number") copy.height += Math.max(0, Math.round(added));
  const inner = width - sides(copy, config), limit = (now, most) => Math.round(Math.min(now ?? most, most));
  for (const axis of ["axisX", "axisY"]) {
    config[axis] = {...config[axis], titleLimit: limit(config[axis]?.titleLimit, inner),
      labelLimit: limit(config[axis]?.labelLimit ?? config.axis?.labelLimit ?? 180,
        axis === "axisY" || typeof copy.height !== "number" ? inner * 0.4 : copy.height * 0.4)};
  }
  if (columns) {
    visit(copy, node => { if (isObject(node.legend)) node.legend.columns = columns; });
    config.legend = {...config.legend, columns};
  }
  return copy;
}

// The engine hands out its view class only by way of a view: an empty one, once.
let ViewClass = null;
async function viewClass() {
  if (ViewClass) return ViewClass;
  const {view: bare} = await engine.embed(el("div"), {marks: []},
    {mode: "vega", actions: false, defaultStyle: false, loader, tooltip: () => {}, ast: true, hover: false});
  ViewClass = class extends bare.constructor {
    constructor(runtime, options) {
      super(runtime, {...options, logger: quiet, expr: interpreter});
    }
  };
  bare.finalize();
  return ViewClass;
}

async function make(theme, width, columns) {
  const config = structuredClone(page.configs[theme]);
  // Descriptions of single marks are built from titles by an expression that breaks on backslashes;
  // the chart as a whole is named instead.
  config.mark = {...config.mark, aria: false};
  const spec = width ? narrowed(page.spec, config, width, columns) : page.spec;
  const box = el("div"), inputs = el("div");
  const {view: made} = await engine.embed(box, structuredClone(spec), {
    mode: isVega ? "vega" : "vega-lite", renderer: "svg", actions: false, defaultStyle: false, hover: false, config,
    ast: true, viewClass: await viewClass(), loader, tooltip: () => {}, bind: inputs,
    patch: vega => { tameBindings(vega); return vega; },
  });
  box.className = "drawing";
  return {view: made, box, inputs};
}

const legends = root => {
  const found = [];
  scenes(root, mark => { if (mark.role === "legend") found.push(...mark.items); });
  return found;
};
function entries(legend) {
  let count = 0;
  scenes(legend, mark => { if (mark.role === "legend-label") count += mark.items.length; });
  return count;
}

async function fitted(theme, room) {
  const {spec} = page, first = await make(theme);
  const svg = first.box.querySelector("svg");
  if (!svg) throw Error("nothing was drawn.");
  const around = sides(spec, page.configs[theme]);
  const outside = spec.autosize?.contains === "padding" ? 0 : around;
  designed = fits(spec) ? spec.width + outside : Math.ceil(svg.viewBox.baseVal.width);
  if (!fits(spec) || (designed <= room && inkWidth(first) <= designed + 1)) return first;
  first.view.finalize();
  const width = Math.max(160, Math.floor(Math.min(designed, room) - outside));
  const space = width + outside - around + 1;
  let made = await make(theme, width), columns = 0;
  for (let i = 0; i < 3; i++) {
    const wide = legends(made.view.scenegraph().root).filter(l => l.orient !== "left" && l.orient !== "right")
      .map(l => ({size: l.bounds.width(), count: entries(l)})).sort((a, b) => b.size - a.size)[0];
    if (!wide || wide.size <= space || wide.count < 2 || columns === 1) break;
    columns = Math.max(1, Math.min(columns ? columns - 1 : wide.count - 1,
      Math.floor((columns || wide.count) * space / wide.size)));
    made.view.finalize();
    made = await make(theme, width, columns);
  }
  return made;
}

// Where the ink lies, in the coordinates of the drawing, and the drawing's own edges.
function ink(made) {
  const {x1, y1, x2, y2} = made.view.scenegraph().root.bounds;
  const {width, height} = made.box.querySelector("svg").viewBox.baseVal;
  if (![x1, y1, x2, y2].every(Number.isFinite)) return {left: 0, top: 0, right: width, low: height, width, height};
  const [ox, oy] = made.view.origin(), pad = made.view.padding(), dx = ox + pad.left, dy = oy + pad.top;
  return {
    left: Math.min(0, Math.floor(x1 + dx)), top: Math.min(0, Math.floor(y1 + dy)),
    right: Math.max(width, Math.ceil(x2 + dx)), low: Math.max(height, Math.ceil(y2 + dy)), width, height,
  };
}
const inkWidth = made => { const {left, right} = ink(made); return right - left; };

// Nothing is cut off at the edge: where ink lies outside the drawing, the drawing grows by it.
function unclip(made) {
  const {left, top, right, low, width, height} = ink(made);
  if (right - left <= width + 1 && low - top <= height + 1) return;
  const svg = made.box.querySelector("svg");
  svg.setAttribute("viewBox", `${left} ${top} ${right - left} ${low - top}`);
  svg.setAttribute("width", right - left);
  svg.setAttribute("height", low - top);
}

// Choices of the reader (inputs, selections, zoom) outlive a new layout.
function choices(old) {
  const stores = page.spec.params?.filter(p => p.select).map(p => `${p.name}_store`) ?? [];
  const inputs = isVega ? page.spec.signals : page.spec.params;
  const plain = inputs?.filter(p => p.bind && !p.select).map(p => p.name) ?? [];
  const kept = {data: {}, signals: {}};
  for (const name of stores) {
    try { kept.data[name] = old.data(name).map(row => ({...row})); } catch { /* not at the top */ }
  }
  for (const name of plain) {
    try { kept.signals[name] = old.signal(name); } catch { /* not at the top */ }
  }
  return kept;
}
async function restore(fresh, kept) {
  for (const [name, rows] of Object.entries(kept.data)) {
    try { if (rows.length) fresh.data(name, rows); } catch { /* gone */ }
  }
  for (const [name, value] of Object.entries(kept.signals)) {
    try { fresh.signal(name, value); } catch { /* gone */ }
  }
  await fresh.runAsync();
}

let work = Promise.resolve();
const redraw = () => (work = work.then(draw).catch(complain));
async function draw() {
  const theme = themeNow();
  const room = Math.floor(chart.parentElement.parentElement.clientWidth
    - parseFloat(getComputedStyle(chart.parentElement.parentElement).paddingLeft) * 2);
  const width = designed ? Math.min(designed, room) : room;
  if (view && drawn.theme === theme && drawn.width === width) return;
  const made = await fitted(theme, room);
  if (view) { await restore(made.view, choices(view)); view.finalize(); }
  unclip(made);
  view = made.view;
  drawn = {theme, width: Math.min(designed, room)};
  document.documentElement.style.setProperty("--designed", `${designed}px`);
  const svg = made.box.querySelector("svg"), scale = Math.min(1, room / svg.viewBox.baseVal.width);
  chart.parentElement.style.setProperty("--edge", `${Math.round((view.padding().left - svg.viewBox.baseVal.x) * scale)}px`);
  svg.setAttribute("aria-hidden", "true");
  made.box.style.setProperty("--least", `${Math.min(designed, designed / 2)}px`);
  hide();
  chart.replaceChildren(made.box, overlay);
  byId("inputs").replaceChildren(...made.inputs.childNodes);
  watchZoom();
}

// ---------------------------------------------------------------------------------------------
// Reading the picture: what can be pointed at, in the coordinates of the drawing.

function scenes(node, see, x = 0, y = 0, frame = null) {
  if (node.marktype) {
    see(node, x, y, frame);
    if (node.marktype !== "group") return;
    for (const item of node.items) scenes(item, see, x, y, frame);
  } else {
    const gx = x + (node.x || 0), gy = y + (node.y || 0);
    const own = node.width > 1 && node.height > 1
      ? {x1: gx, y1: gy, x2: gx + node.width, y2: gy + node.height} : frame;
    for (const mark of node.items || []) scenes(mark, see, gx, gy, own);
  }
}

// Cells around points, which a selection adds, catch the pointer; the points themselves tell.
const isCell = mark => /voronoi$/.test(mark?.name ?? "");

let seen = null;
function picture() {
  const stamp = view.stamp();
  if (seen && seen.view === view && seen.stamp === stamp) return seen;
  const [ox, oy] = view.origin(), pad = view.padding();
  const paths = [], symbols = [], others = [];
  scenes(view.scenegraph().root, (mark, x, y, frame) => {
    if (mark.role !== "mark" || !mark.items.length || isCell(mark)) return;
    const kind = mark.marktype;
    const into = kind === "line" || kind === "area" || kind === "trail" ? paths : kind === "symbol" ? symbols : others;
    const points = [];
    for (const item of mark.items) {
      if (item.defined === false || item.tooltip == null || item.opacity === 0) continue;
      const px = item.x + x + (into === others ? (item.width || 0) / 2 : 0), py = item.y + y;
      if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
      if (frame && (px < frame.x1 - 1 || px > frame.x2 + 1 || py < frame.y1 - 1 || py > frame.y2 + 1)) continue;
      points.push({x: px + ox + pad.left, y: py + oy + pad.top, item});
    }
    if (!points.length) return;
    if (into !== paths) return into.push(...points);
    const head = mark.items[0];
    paths.push({
      kind, points: points.sort((a, b) => a.x - b.x), colour: head.stroke ?? head.fill,
      faint: (head.opacity ?? 1) * (head.strokeOpacity ?? 1) < 0.35,
      frame: frame && {x1: frame.x1 + ox + pad.left, x2: frame.x2 + ox + pad.left,
        y1: frame.y1 + oy + pad.top, y2: frame.y2 + oy + pad.top},
    });
  });
  const linear = paths.some(p => p.kind !== "area") ? paths.filter(p => p.kind !== "area") : paths;
  const clear = linear.filter(p => !p.faint);
  const lines = clear.length ? clear : linear;
  seen = {view, stamp, lines, symbols, others, shared: sharing(lines)};
  return seen;
}

const SAME = 1; // px: points this close stand at the same place of the axis
const nearest = (points, x) => {
  let lo = 0, hi = points.length - 1;
  while (lo < hi) { const mid = (lo + hi) >> 1; if (points[mid].x < x) lo = mid + 1; else hi = mid; }
  return lo > 0 && x - points[lo - 1].x <= points[lo].x - x ? lo - 1 : lo;
};
// At one x of a stepped curve stand several points: the one nearest the pointer's height.
function pick(points, x, y) {
  let best = points[nearest(points, x)];
  if (y === undefined) return best;
  const column = best.x, start = nearest(points, column);
  for (const step of [-1, 1]) {
    for (let i = start + step; points[i] && Math.abs(points[i].x - column) <= SAME / 2; i += step) {
      if (Math.abs(points[i].y - y) < Math.abs(best.y - y)) best = points[i];
    }
  }
  return best;
}
// One crosshair for all lines makes sense where they share their places along x.
function sharing(lines) {
  if (lines.length < 2) return true;
  let hits = 0, tries = 0;
  for (const line of lines.slice(0, 12)) {
    const step = Math.max(1, Math.floor(line.points.length / 24));
    for (let i = 0; i < line.points.length; i += step) {
      const {x} = line.points[i];
      for (const other of lines.slice(0, 12)) {
        if (other === line || x < other.points[0].x - SAME || x > other.points.at(-1).x + SAME) continue;
        tries += 1;
        if (Math.abs(other.points[nearest(other.points, x)].x - x) <= SAME) hits += 1;
      }
    }
  }
  return tries === 0 || hits / tries > 0.6;
}

// ---------------------------------------------------------------------------------------------
// The card and the crosshair

const overlay = svgEl("svg", {id: "overlay", "aria-hidden": "true"});
const place = () => {
  const svg = chart.querySelector(".drawing svg"), rect = svg.getBoundingClientRect();
  const box = svg.viewBox.baseVal, scale = rect.width / box.width || 1;
  return {rect, box, scale};
};
const toDrawing = (clientX, clientY) => {
  const {rect, box, scale} = place();
  return {x: (clientX - rect.left) / scale + box.x, y: (clientY - rect.top) / scale + box.y};
};
const toClient = ({x, y}) => {
  const {rect, box, scale} = place();
  return {x: (x - box.x) * scale + rect.left, y: (y - box.y) * scale + rect.top};
};

function rowsOf(value) {
  if (!isObject(value) || value instanceof Date) return [{name: "", text: text(value)}];
  return Object.entries(value).map(([key, v]) => ({name: tokens.get(key)?.title ?? key, role: tokens.get(key)?.role, text: text(v)}));
}
function text(value) {
  if (value instanceof Date) return value.toISOString().replace("T00:00:00.000Z", "").replace("T", " ").replace(".000Z", "");
  return short(isObject(value) ? JSON.stringify(value) : String(value), 400);
}

function tableRow(name, value, swatch) {
  const row = el("tr");
  const cell = el("td", value);
  cell.dir = "auto";
  if (name === "" && !swatch) {
    cell.colSpan = 2;
    cell.className = "whole";
  } else {
    const head = el("th");
    if (swatch) {
      const mark = el("span", undefined, swatch.line ? "swatch stroke" : "swatch");
      mark.style.backgroundColor = swatch.colour;
      head.append(mark);
    }
    const label = el("bdi", name);
    head.append(label);
    head.scope = "row";
    row.append(head);
  }
  row.append(cell);
  return row;
}

// content: {head: row|null, rows: [{name, text, swatch}], more: number}
function show(content, client) {
  const table = el("table");
  if (content.head) {
    const head = el("thead");
    head.append(tableRow(content.head.name, content.head.text));
    table.append(head);
  }
  const body = el("tbody");
  for (const row of content.rows) {
    body.append(tableRow(row.name, row.text, row.swatch));
    for (const part of row.parts ?? []) {
      body.append(tableRow(part.name, part.text));
      body.lastChild.className = "part";
    }
  }
  table.append(body);
  card.replaceChildren(table);
  if (content.more) card.append(el("p", `and ${content.more} more`, "more"));
  card.hidden = false;
  const {width, height} = card.getBoundingClientRect(), gap = 14, edge = 8;
  const roomX = document.documentElement.clientWidth, roomY = innerHeight;
  let left = client.x + gap, top = client.y + gap;
  if (left + width > roomX - edge) left = client.x - gap - width;
  if (top + height > roomY - edge) top = client.y - gap - height;
  left = Math.max(edge, Math.min(left, roomX - edge - width));
  top = Math.max(edge, Math.min(top, roomY - edge - height));
  card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
function hide() {
  card.hidden = true;
  overlay.replaceChildren();
}
function marks(parts) {
  const {box, rect} = place(), outer = chart.getBoundingClientRect();
  overlay.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  overlay.style.left = `${rect.left - outer.left}px`;
  overlay.style.top = `${rect.top - outer.top}px`;
  overlay.setAttribute("width", rect.width);
  overlay.setAttribute("height", rect.height);
  overlay.replaceChildren(...parts);
}
const isColour = c => typeof c === "string" && c !== "transparent" && c !== "none";
const swatchOf = item => {
  const colour = [item.fill, item.stroke].find(isColour);
  return colour && (item.fillOpacity ?? 1) > 0 ? {colour} : undefined;
};

function showItem(item, client, ring) {
  const rows = rowsOf(item.tooltip);
  const series = rows.find(r => r.role === "series");
  if (series) series.swatch = item.mark.marktype === "line" ? {colour: item.stroke, line: true} : swatchOf(item);
  show({head: null, rows}, client);
  marks(ring ? [svgEl("circle", {class: "ring", cx: ring.x, cy: ring.y,
    r: Math.max(4, Math.sqrt(item.size || 30) / 2 + 2)})] : []);
  return rows;
}

const MOST = 10;
function showLines(found, lines, client) {
  const {x, frame} = found;
  const hits = [];
  for (const line of lines) {
    const point = pick(line.points, x, found.y);
    if (Math.abs(point.x - x) <= SAME) hits.push({line, point});
  }
  hits.sort((a, b) => a.point.y - b.point.y);
  const every = hits.map(h => rowsOf(h.point.item.tooltip));
  const head = every[0].find(r => r.role === "x") ?? null;
  let rows = [];
  if (hits.length === 1) {
    rows = every[0].filter(r => r !== head);
    const named = rows.find(r => r.role === "series") ?? rows.find(r => r.role === "y");
    if (named) named.swatch = {colour: hits[0].line.colour, line: true};
  } else {
    const near = hits.reduce((a, b) => (Math.abs(b.point.y - found.y) < Math.abs(a.point.y - found.y) ? b : a));
    hits.forEach((hit, i) => {
      const series = every[i].find(r => r.role === "series");
      const value = every[i].find(r => r.role === "y") ?? every[i].at(-1);
      rows.push({name: series ? series.text : value.name, text: value.text, far: Math.abs(hit.point.y - (found.y ?? 0)),
        swatch: {colour: hit.line.colour, line: true}});
      // The line nearest the pointer tells the rest of what it knows.
      if (hit === near) rows.at(-1).parts = every[i].filter(r => !r.role && r !== value);
    });
  }
  let more = 0;
  if (rows.length > MOST) {
    const close = new Set([...rows].sort((a, b) => a.far - b.far).slice(0, MOST));
    more = rows.length - MOST;
    rows = rows.filter(r => close.has(r));
  }
  show({head, rows, more}, client);
  const parts = [];
  if (frame) parts.push(svgEl("line", {x1: x, x2: x, y1: frame.y1, y2: frame.y2}));
  for (const {line, point} of hits) {
    const dot = svgEl("circle", {cx: point.x, cy: point.y, r: 4.5});
    dot.style.fill = line.colour;
    parts.push(dot);
  }
  marks(parts);
  return head ? [head, ...rows] : rows;
}

const inside = (frame, {x, y}) => !frame || (x >= frame.x1 - 6 && x <= frame.x2 + 6 && y >= frame.y1 - 6 && y <= frame.y2 + 6);
const distance = (p, q) => Math.hypot(p.x - q.x, p.y - q.y);
function closest(points, spot, limit) {
  let best = null, least = limit;
  for (const point of points) {
    const d = distance(point, spot);
    if (d < least) { least = d; best = point; }
  }
  return best;
}

// A label that was cut shows its whole text.
function cutLabel(node) {
  const item = node.__data__;
  const whole = item && item.mark?.marktype === "text" ? [item.text].flat().join(" ") : "";
  return whole && node.textContent.endsWith("…") && whole !== node.textContent ? whole : "";
}

function pointAt(event) {
  if (!view) return;
  const client = {x: event.clientX, y: event.clientY};
  const spot = toDrawing(client.x, client.y);
  const whole = cutLabel(event.target);
  if (whole) { marks([]); return show({head: null, rows: [{name: "", text: short(whole, 400)}]}, client); }
  const now = picture();
  const lines = now.lines.filter(l => inside(l.frame, spot));
  if (lines.length && !event.buttons) {
    if (now.shared) {
      const x = lines.map(l => pick(l.points, spot.x).x)
        .reduce((a, b) => (Math.abs(b - spot.x) < Math.abs(a - spot.x) ? b : a));
      showLines({x, y: spot.y, frame: lines[0].frame}, lines, client);
      return;
    }
    const all = lines.map(l => ({line: l, point: closest(l.points, spot, 48)})).filter(p => p.point)
      .sort((a, b) => distance(a.point, spot) - distance(b.point, spot))[0];
    if (all) {
      const one = {...all.line, points: [all.point]};
      showLines({x: all.point.x, y: all.point.y, frame: null}, [one], client);
      return;
    }
  }
  const found = event.target.__data__;
  const item = isCell(found?.mark) ? found.datum : found;
  const own = isObject(item) && item.tooltip != null && item.mark?.role === "mark" ? item : null;
  if (own && own.mark.marktype !== "symbol") { showItem(own, client); return; }
  const near = own ? closest(now.symbols.filter(s => s.item === own), spot, Infinity) : closest(now.symbols, spot, 14);
  if (near) { showItem(near.item, client, near); return; }
  hide();
}

chart.addEventListener("pointermove", pointAt);
chart.addEventListener("pointerdown", event => { if (event.pointerType !== "mouse") pointAt(event); });
chart.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hide(); });
document.addEventListener("pointerdown", event => { if (!chart.contains(event.target)) hide(); });
addEventListener("scroll", hide, {passive: true});

// The keyboard walks the same points; what the card says is also spoken.
let stop = -1;
chart.addEventListener("keydown", event => {
  if (!view) return;
  if (event.key === "Escape") { stop = -1; return hide(); }
  const now = picture();
  let stops;
  if (now.lines.length && now.shared) {
    const xs = now.lines.flatMap(l => l.points.map(p => p.x)).sort((a, b) => a - b);
    stops = xs.filter((x, i) => i === 0 || x - xs[i - 1] > SAME / 2).map(x => ({x}));
  } else {
    const items = now.lines.length ? now.lines.flatMap(l => l.points) : [...now.symbols, ...now.others];
    stops = items.sort((a, b) => a.x - b.x || a.y - b.y);
  }
  const moves = {ArrowRight: stop + 1, ArrowDown: stop + 1, ArrowLeft: stop - 1, ArrowUp: stop - 1, Home: 0, End: stops.length - 1};
  if (!stops.length || !Object.hasOwn(moves, event.key)) return;
  event.preventDefault();
  stop = Math.max(0, Math.min(stops.length - 1, moves[event.key]));
  const target = stops[stop];
  let rows;
  if (target.item) {
    rows = showItem(target.item, toClient(target), target.item.mark.marktype === "rect" ? null : target);
  } else {
    const point = pick(now.lines.find(l => l.points.some(p => Math.abs(p.x - target.x) <= SAME)).points, target.x);
    rows = showLines({x: target.x, y: point.y, frame: now.lines[0].frame}, now.lines, toClient(point));
  }
  byId("spoken").textContent = rows.map(r => (r.name ? `${r.name}: ${r.text}` : r.text)).join(", ");
});
chart.addEventListener("blur", () => { stop = -1; hide(); });

// ---------------------------------------------------------------------------------------------
// Legend: the series under the pointer stands out.

function lift(event) {
  const entry = event.target.closest?.(".role-legend-symbol path, .role-legend-label text");
  const datum = entry?.__data__?.datum;
  for (const node of chart.querySelectorAll(".pk-dim")) node.classList.remove("pk-dim");
  if (!datum || !Object.hasOwn(datum, "value") || !seriesFields.size) return;
  const wanted = String(datum.value);
  for (const node of chart.querySelectorAll(".role-mark > *")) {
    const row = node.__data__?.datum;
    if (!isObject(row)) continue;
    const has = [...seriesFields].filter(f => Object.hasOwn(row, f));
    if (has.length && !has.some(f => String(row[f]) === wanted)) node.classList.add("pk-dim");
  }
}
chart.addEventListener("pointerover", lift);
chart.addEventListener("pointerleave", lift);

// ---------------------------------------------------------------------------------------------
// Zoom

const framed = () => window.parent !== window || document.documentElement.scrollHeight > innerHeight + 1;
function zoomed() {
  return zoomParams.some(name => {
    try {
      return Object.keys(view.signal(name) ?? {}).length > 0;
    } catch { return false; }
  });
}
function watchZoom() {
  if (!zoomParams.length) return;
  chart.classList.add("zoomable");
  tools.hidden = false;
  const key = /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl";
  byId("hint").textContent = `${framed() ? `${key} and scroll` : "Scroll"} to zoom, drag to move`;
  const update = () => { reset.style.visibility = zoomed() ? "visible" : "hidden"; };
  for (const name of zoomParams) {
    try { view.addSignalListener(name, () => { hide(); update(); }); } catch { /* nested: no listener */ }
  }
  update();
}
reset.addEventListener("click", () => {
  const target = chart.querySelector(".drawing svg .background") ?? chart.querySelector(".drawing svg");
  const {rect} = place();
  target.dispatchEvent(new MouseEvent("dblclick", {bubbles: true, view: window,
    clientX: rect.left + rect.width / 2, clientY: rect.top + rect.height / 2}));
});
// Inside a longer page the wheel scrolls that page, and a finger reads values instead of moving the plot.
chart.addEventListener("wheel", event => {
  if (zoomParams.length && framed() && !event.ctrlKey && !event.metaKey) event.stopPropagation();
}, {capture: true, passive: true});
for (const type of ["pointerdown", "touchstart"]) {
  chart.addEventListener(type, event => {
    if (zoomParams.length && (type === "touchstart" || event.pointerType === "touch")) {
      if (type === "pointerdown") pointAt(event);
      event.stopPropagation();
    }
  }, {capture: true, passive: true});
}

// ---------------------------------------------------------------------------------------------
// Start

prepare(page.spec);
// Vega takes a title such as "constructor" for a member of its own tables; with a blank it is text.
visit(page.spec, node => {
  const blank = v => (typeof v === "string" && v in Object.prototype ? `${v} ` : v);
  const all = v => (Array.isArray(v) ? v.map(blank) : blank(v));
  node.title = isObject(node.title) && !Array.isArray(node.title)
    ? {...node.title, text: all(node.title.text), subtitle: all(node.title.subtitle)} : all(node.title);
  if (node.title === undefined) delete node.title;
});
visit(page.spec, node => {
  if (Array.isArray(node.params)) {
    for (const p of node.params) if (p?.bind === "scales" && typeof p.name === "string") zoomParams.push(p.name);
  }
});
// Vega measures text before it draws: its fonts must be there.
const fonts = Promise.all([...document.fonts].map(face => face.load().catch(() => {})));
work = Promise.race([fonts, new Promise(done => setTimeout(done, 2000))]);
redraw();
dark.addEventListener("change", redraw);
const print = on => { printing = on; redraw(); };
paper.addEventListener("change", event => print(event.matches));
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
let waiting = 0;
new ResizeObserver(() => { clearTimeout(waiting); waiting = setTimeout(redraw, 80); }).observe(byId("chart").parentElement.parentElement);
})();
