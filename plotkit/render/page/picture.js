// Reading a picture: what can be pointed at, in the coordinates of the drawing.

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

function pictureOf(chart) {
  const {view, seen} = chart, stamp = view.stamp();
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
    const head = mark.items[0], path = {
      kind, points: points.sort((a, b) => a.x - b.x), colour: head.stroke ?? head.fill,
      faint: (head.opacity ?? 1) * (head.strokeOpacity ?? 1) < 0.35,
      frame: frame && {x1: frame.x1 + ox + pad.left, x2: frame.x2 + ox + pad.left,
        y1: frame.y1 + oy + pad.top, y2: frame.y2 + oy + pad.top},
    };
    if (goesOn(paths.at(-1), path)) paths.at(-1).points.push(...path.points.slice(1));
    else paths.push(path);
  });
  const linear = paths.some(p => p.kind !== "area") ? paths.filter(p => p.kind !== "area") : paths;
  const clear = linear.filter(p => !p.faint);
  const lines = clear.length ? clear : linear;
  return (chart.seen = {view, stamp, lines, symbols, others, shared: sharing(lines)});
}

// A long line may be drawn in pieces, each of which starts where the one before it ended.
function goesOn(before, path) {
  const end = before?.points.at(-1), [start] = path.points;
  return end !== undefined && before.kind === path.kind && before.colour === path.colour
    && end.x === start.x && end.y === start.y
    && JSON.stringify(end.item.tooltip) === JSON.stringify(start.item.tooltip);
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

// Between the drawing and the window.
function place(chart) {
  const svg = chart.picture.querySelector(".pk-drawing svg"), rect = svg.getBoundingClientRect();
  const box = svg.viewBox.baseVal, scale = rect.width / box.width || 1;
  return {rect, box, scale};
}
function toDrawing(chart, {x, y}) {
  const {rect, box, scale} = place(chart);
  return {x: (x - rect.left) / scale + box.x, y: (y - rect.top) / scale + box.y};
}
function toClient(chart, {x, y}) {
  const {rect, box, scale} = place(chart);
  return {x: (x - box.x) * scale + rect.left, y: (y - box.y) * scale + rect.top};
}
