// Detail on demand: a closer look shows rows that the whole picture has no pixels for. What a file
// carries is read here, see plotkit/render/detail.py; level `base` is the picture itself, and each
// further level is twice as fine along each axis.

// Of what is seen, on each side: moving the plot a little needs no other rows. Points have four sides.
const MARGIN = {lines: 0.5, points: 0.2};
const MANY_POINTS = 15000; // points, of which a browser draws more only slowly
const PAUSE = 50; // ms: a zoom is many events

// One digit each, or a list.
const places = part => (typeof part === "string" ? Uint8Array.from(part, c => parseInt(c, 36)) : part);
function unpacked(column) {
  if (Array.isArray(column)) return column;
  const {of, at, runs, steps, by, f32, f64} = column;
  if (runs) {
    const found = [];
    for (let i = 0; i < runs.length; i += 2) for (let n = runs[i + 1]; n > 0; n--) found.push(of[runs[i]]);
    return found;
  }
  if (of) return Array.from(places(at), place => of[place]);
  if (steps) {
    let sum = 0;
    return steps.map(step => (step === null ? null : (sum += step * by)));
  }
  const {buffer} = Uint8Array.from(atob(f64 ?? f32), c => c.charCodeAt(0));
  return Array.from(f64 === undefined ? new Float32Array(buffer) : new Float64Array(buffer),
    number => (Number.isNaN(number) ? null : number));
}

// The values along an axis, of the field of the whole chart or of the first layer with one.
function valuesAlong(channel, spec, columns) {
  let found;
  visit(spec, node => { found ??= columns.get(node.encoding?.[channel]?.field); });
  return found ?? columns.get(channel);
}
function hasLines(spec) {
  let found = false;
  visit(spec, ({mark, marks}) => {
    for (const one of [mark, marks].flat()) found ||= ["line", "area", "trail"].includes(one?.type ?? one);
  });
  return found;
}

// From what the file carries; the picture's own rows are put into `spec`.
function detailed(spec, {data, rows, columns, first, last, base, levels, whole}) {
  const found = new Map(Object.entries(columns).map(([name, column]) => [name, unpacked(column)]));
  const detail = {
    data, rows, columns: found, first: places(first), last: last && places(last), base, levels, whole,
    // Lines are reduced along x alone; of points, those that share a pixel.
    lines: hasLines(spec),
    along: Object.fromEntries(["x", "y", "x2", "y2"].map(channel => [channel, valuesAlong(channel, spec, found)])),
  };
  const own = rowsFrom(detail, chosenAt(detail, base, null));
  if (Array.isArray(spec.data)) spec.data.find(entry => entry.name === data).values = own;
  else if (spec.data.values) spec.data.values = own;
  else spec.datasets[data] = own;
  return detail;
}

// Where a row lies: 0 is inside what is looked at, at least in part (an image has two ends), or nowhere.
function sideOf(along, window, row) {
  for (const axis in window) {
    const one = along[axis][row], other = along[`${axis}2`]?.[row] ?? one, [low, high] = window[axis];
    if (one === null || one === undefined) continue;
    if (one < low && other < low) return -1;
    if (one > high && other > high) return 1;
  }
  return 0;
}

// Rows of a level inside a window; around it those of the picture, so that what they decide, such as the
// ends of axes, stays. A line also keeps the rows just outside, to which it goes on.
function chosenAt({rows, along, first, last, base, lines}, level, window) {
  const drawn = (row, level) => first[row] <= level && (!last || level <= last[row]);
  const kept = new Uint8Array(rows);
  let before = -1, sideBefore = 0;
  for (let row = 0; row < rows; row++) {
    const fine = drawn(row, level), side = window ? sideOf(along, window, row) : 0;
    kept[row] = side === 0 ? fine : drawn(row, base);
    if (!lines || !fine) continue;
    if (side !== sideBefore && before >= 0) kept[before] = kept[row] = 1;
    before = row;
    sideBefore = side;
  }
  return kept;
}
function rowsFrom({columns}, kept) {
  const made = [], fields = [...columns];
  kept.forEach((is, row) => {
    // Not by assignment: any name is a name here.
    if (is) made.push(Object.fromEntries(fields.map(([name, values]) => [name, values[row]])));
  });
  return made;
}

// What a view shows of the whole. Each drawing has its own; its scales are those of the whole picture.
const sightOf = (detail, view) =>
  ({view, whole: wholeOf(view, detail), level: detail.base, window: null, beyond: false});
function wholeOf(view, {lines, along}) {
  const found = {};
  for (const axis of lines ? ["x"] : ["x", "y"]) {
    try {
      const scale = view.scale(axis);
      if (along[axis] && typeof scale.invert === "function") found[axis] = scale.copy();
    } catch { /* nested: no such scale */ }
  }
  return found;
}

// In the axis's own space, which is that of its pixels: how many times closer, what is seen, what is wanted.
function closeness({view, whole}, margin) {
  const seen = {}, window = {};
  let times = 1;
  for (const axis in whole) {
    const scale = whole[axis], ends = values => [Math.min(...values), Math.max(...values)];
    const [from, to] = ends(scale.range()), [low, high] = ends(view.scale(axis).domain().map(v => scale(v)));
    if (!(high > low)) continue;
    const room = (high - low) * margin;
    times = Math.max(times, (to - from) / (high - low));
    seen[axis] = ends([low, high].map(v => +scale.invert(v)));
    window[axis] = ends([low - room, high + room].map(v => +scale.invert(v)));
  }
  return {level: Math.ceil(Math.log2(times) - 1e-6), seen, window};
}
// Whether the rows of a window do for what is seen, and are not many more than that takes.
const suits = ({window, whole}, seen, margin) => Object.keys(seen).every(axis => {
  if (!window?.[axis]) return false;
  const [from, to, low, high] = [...window[axis], ...seen[axis]].map(v => whole[axis](v));
  return window[axis][0] <= seen[axis][0] && seen[axis][1] <= window[axis][1]
    && Math.abs(to - from) <= 2 * (1 + 2 * margin) * Math.abs(high - low);
});

// Give a view the rows that it needs by now; most steps of a zoom need no other.
async function refine(chart, sight) {
  const {detail, zooms} = chart, {base, levels, lines} = detail, {view} = sight;
  if (!isZoomed(view, zooms)) sight.whole = wholeOf(view, detail);
  const margin = lines ? MARGIN.lines : MARGIN.points, {level: closer, seen, window} = closeness(sight, margin);
  const wanted = Math.min(base + closer, levels - 1), count = kept => kept.reduce((sum, is) => sum + is, 0);
  sight.beyond = base + closer >= levels && !detail.whole;
  const settled = level => level === sight.level && (level === base || suits(sight, seen, margin));
  if (settled(wanted)) return;
  let level = wanted, kept = chosenAt(detail, level, window);
  // Where too many points are in sight for each to be a mark, the level before has to do.
  while (!lines && level > base && count(kept) > MANY_POINTS) kept = chosenAt(detail, --level, window);
  if (settled(level)) return;
  Object.assign(sight, {level, window});
  await view.data(detail.data, rowsFrom(detail, kept)).runAsync();
}

// After each step of a zoom.
function lookCloser(chart) {
  if (!chart.detail || chart.closer) return;
  chart.closer = setTimeout(async () => {
    chart.closer = 0;
    await refine(chart, chart.sight);
    tellLimit(chart);
  }, PAUSE);
}
function tellLimit({sight, limit, hint}) {
  if (!sight) return;
  const text = sight.beyond ? said("zoomed_beyond") : "";
  if (limit.textContent !== text) limit.textContent = text;
  hint.hidden = sight.beyond;
}
