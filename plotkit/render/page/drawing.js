// Drawing one chart: at its designed size, laid out anew where there is less room than that.

const themeNow = chart =>
  printing && chart.configs.light ? "light" : chart.theme ?? (dark.matches ? "dark" : "light");

// The px that the chart's container has for it; 0 while that container is not shown.
function roomFor(chart) {
  const around = chart.root.parentElement, style = getComputedStyle(around);
  return Math.max(0, Math.floor(around.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
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

const LEAST_PLOT = 140;  // px of a plot's height that legends leave on a narrow screen

async function fitted(chart, theme, room) {
  const {spec} = chart, first = await build(chart, theme);
  const svg = first.box.querySelector("svg");
  if (!svg) throw Error("nothing was drawn.");
  const around = sides(spec, chart.configs[theme]);
  const outside = spec.autosize?.contains === "padding" ? 0 : around;
  chart.designed = fits(spec) ? spec.width + outside : Math.ceil(svg.viewBox.baseVal.width);
  if (surrounded(spec) && chart.designed > room) {
    first.view.finalize();
    return build(chart, theme, Math.max(160, Math.floor(spec.width - (chart.designed - room))));
  }
  if (!fits(spec) || (chart.designed <= room && inkWidth(first) <= chart.designed + 1)) return first;
  first.view.finalize();
  const width = Math.max(160, Math.floor(Math.min(chart.designed, room) - outside));
  const space = width + outside - around + 1;
  let made = await build(chart, theme, width), columns = 0;
  for (let i = 0; i < 3; i++) {
    const wide = legends(made.view.scenegraph().root).filter(l => l.orient !== "left" && l.orient !== "right")
      .map(l => ({size: l.bounds.width(), count: entries(l)})).sort((a, b) => b.size - a.size)[0];
    if (!wide || wide.size <= space || wide.count < 2 || columns === 1) break;
    columns = Math.max(1, Math.min(columns ? columns - 1 : wide.count - 1,
      Math.floor((columns || wide.count) * space / wide.size)));
    made.view.finalize();
    made = await build(chart, theme, width, columns);
  }
  const short = Math.ceil(LEAST_PLOT - made.view.height());
  if (short > 0 && typeof spec.height === "number" && legends(made.view.scenegraph().root).length) {
    made.view.finalize();
    made = await build(chart, theme, width, columns, short);
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
function choices({spec, view}) {
  const stores = [];
  visit(spec, ({params}) => {
    if (Array.isArray(params)) stores.push(...params.filter(p => p?.select).map(p => `${p.name}_store`));
  });
  const inputs = isVega(spec) ? spec.signals : spec.params;
  const plain = inputs?.filter(p => p.bind && !p.select).map(p => p.name) ?? [];
  const kept = {data: {}, signals: {}};
  for (const name of stores) {
    try { kept.data[name] = view.data(name).map(row => ({...row})); } catch { /* not at the top */ }
  }
  for (const name of plain) {
    try { kept.signals[name] = view.signal(name); } catch { /* not at the top */ }
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

// Nothing here waits for a timer or a frame: what begins before printing also ends before it.
async function draw(chart) {
  const theme = themeNow(chart), room = roomFor(chart);
  if (!room) return;
  const width = chart.designed ? Math.min(chart.designed, room) : room;
  if (chart.view && chart.drawn.theme === theme && chart.drawn.width === width) return;
  const made = await fitted(chart, theme, room), sight = chart.detail && sightOf(chart.detail, made.view);
  if (chart.view) { await restore(made.view, choices(chart)); chart.view.finalize(); }
  if (sight) await refine(chart, sight);
  unclip(made);
  const {root, designed} = chart, {view, box} = made;
  chart.view = view;
  chart.sight = sight;
  chart.drawn = {theme, width: Math.min(designed, room)};
  const svg = box.querySelector("svg"), scale = Math.min(1, room / svg.viewBox.baseVal.width);
  svg.setAttribute("aria-hidden", "true");
  // What cannot be laid out anew shrinks to half its size at most; then its box scrolls.
  if (!fits(chart.spec) && !surrounded(chart.spec)) box.style.setProperty("--pk-least", `${designed / 2}px`);
  root.style.setProperty("--pk-designed", `${designed}px`);
  root.style.setProperty("--pk-edge", `${Math.round((view.padding().left - svg.viewBox.baseVal.x) * scale)}px`);
  root.style.minHeight = "";
  hideCard(chart);
  chart.picture.replaceChildren(box, chart.overlay);
  chart.inputs.replaceChildren(...made.inputs.childNodes);
  watchZoom(chart);
}
