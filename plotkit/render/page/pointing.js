// Pointer, finger and keyboard on one chart: what they reach stands on the card.

// A label that was cut shows its whole text.
function cutLabel(node) {
  const item = node.__data__;
  const whole = item && item.mark?.marktype === "text" ? [item.text].flat().join(" ") : "";
  return whole && node.textContent.endsWith("…") && whole !== node.textContent ? whole : "";
}

function pointAt(chart, event) {
  if (!chart.view) return;
  const client = {x: event.clientX, y: event.clientY};
  const spot = toDrawing(chart, client);
  const whole = cutLabel(event.target);
  if (whole) {
    overlaid(chart, []);
    showCard(chart, {head: null, rows: [{name: "", text: short(whole, 400)}]}, client);
    return;
  }
  const now = pictureOf(chart);
  const lines = now.lines.filter(l => inside(l.frame, spot));
  if (lines.length && !event.buttons) {
    if (now.shared) {
      const x = lines.map(l => pick(l.points, spot.x).x)
        .reduce((a, b) => (Math.abs(b - spot.x) < Math.abs(a - spot.x) ? b : a));
      showLines(chart, {x, y: spot.y, frame: lines[0].frame}, lines, client);
      return;
    }
    const all = lines.map(l => ({line: l, point: closest(l.points, spot, 48)})).filter(p => p.point)
      .sort((a, b) => distance(a.point, spot) - distance(b.point, spot))[0];
    if (all) {
      const one = {...all.line, points: [all.point]};
      showLines(chart, {x: all.point.x, y: all.point.y, frame: null}, [one], client);
      return;
    }
  }
  const found = event.target.__data__;
  const item = isCell(found?.mark) ? found.datum : found;
  const own = isObject(item) && item.tooltip != null && item.mark?.role === "mark" ? item : null;
  if (own && own.mark.marktype !== "symbol") { showItem(chart, own, client); return; }
  const near = own ? closest(now.symbols.filter(s => s.item === own), spot, Infinity) : closest(now.symbols, spot, 14);
  if (near) { showItem(chart, near.item, client, near); return; }
  hideCard(chart);
}

// The places that the arrow keys go through, from left to right.
function stopsOf(now) {
  if (now.lines.length && now.shared) {
    const xs = now.lines.flatMap(l => l.points.map(p => p.x)).sort((a, b) => a - b);
    let last = -Infinity; // not the one before: where points are dense, each is close to that
    return xs.filter(x => x - last > SAME / 2 && ((last = x), true)).map(x => ({x}));
  }
  const items = now.lines.length ? now.lines.flatMap(l => l.points) : [...now.symbols, ...now.others];
  return items.sort((a, b) => a.x - b.x || a.y - b.y);
}

function pointing(chart) {
  const {picture} = chart;
  let stop = -1, before = null;
  const leave = () => { stop = -1; chart.stop = null; hideCard(chart); };
  picture.addEventListener("pointermove", event => pointAt(chart, event));
  picture.addEventListener("pointerdown", event => { if (event.pointerType !== "mouse") pointAt(chart, event); });
  picture.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") hideCard(chart); });
  picture.addEventListener("blur", leave);
  // What the card says is also spoken.
  picture.addEventListener("keydown", event => {
    if (!chart.view) return;
    if (event.key === "Escape") { leave(); return; }
    const now = pictureOf(chart), stops = stopsOf(now);
    // In another picture, such as a closer one, it goes on from the same place.
    if (chart.stop && now !== before) {
      const near = closest(stops.map(({x, y}, i) => ({x, y: y ?? chart.stop.y, i})), chart.stop, Infinity);
      stop = near ? near.i : -1;
    }
    before = now;
    const moves = {ArrowRight: stop + 1, ArrowDown: stop + 1, ArrowLeft: stop - 1, ArrowUp: stop - 1, Home: 0, End: stops.length - 1};
    if (!stops.length || !Object.hasOwn(moves, event.key)) return;
    event.preventDefault();
    stop = Math.max(0, Math.min(stops.length - 1, moves[event.key]));
    const target = stops[stop];
    chart.stop = target;
    let rows;
    if (target.item) {
      rows = showItem(chart, target.item, toClient(chart, target), target.item.mark.marktype === "rect" ? null : target);
    } else {
      const point = pick(now.lines.find(l => l.points.some(p => Math.abs(p.x - target.x) <= SAME)).points, target.x);
      rows = showLines(chart, {x: target.x, y: point.y, frame: now.lines[0].frame}, now.lines, toClient(chart, point));
      chart.stop = point;
    }
    spoken.textContent = rows.map(r => (r.name ? `${r.name}: ${r.text}` : r.text)).join(", ");
  });
}

// Legend: the series under the pointer stands out.
function lifting(chart) {
  const {picture, series} = chart;
  const lift = event => {
    const entry = event.target.closest?.(".role-legend-symbol path, .role-legend-label text");
    const datum = entry?.__data__?.datum;
    for (const node of picture.querySelectorAll(".pk-dim")) node.classList.remove("pk-dim");
    if (!datum || !Object.hasOwn(datum, "value") || !series.size) return;
    const {value} = datum, isWanted = other => typeof other === typeof value && String(other) === String(value);
    for (const node of picture.querySelectorAll(".role-mark > *")) {
      const row = node.__data__?.datum;
      if (!isObject(row)) continue;
      const has = [...series].filter(f => Object.hasOwn(row, f));
      if (has.length && !has.some(f => isWanted(row[f]))) node.classList.add("pk-dim");
    }
  };
  picture.addEventListener("pointerover", lift);
  picture.addEventListener("pointerleave", lift);
}
