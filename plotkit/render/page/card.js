// The card with names and values: one for the page, it belongs to the chart that showed it last.
// The crosshair and the rings are each chart's own overlay.

const card = el("div", undefined, "pk-card");
card.hidden = true;
card.role = "presentation";
const spoken = el("div", undefined, "pk-spoken");
spoken.ariaLive = "polite";
let owner = null;

function textOf(value) {
  if (value instanceof Date) return value.toISOString().replace("T00:00:00.000Z", "").replace("T", " ").replace(".000Z", "");
  return short(isObject(value) ? JSON.stringify(value) : String(value), 400);
}
function rowsOf(chart, value) {
  if (!isObject(value) || value instanceof Date) return [{name: "", text: textOf(value)}];
  return Object.entries(value).map(([key, v]) => {
    const known = chart.titles.get(key);
    return {name: known?.title ?? key, role: known?.role, text: textOf(v)};
  });
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
function showCard(chart, content, client) {
  if (owner !== chart) hideCard();
  owner = chart;
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
  if (content.more) card.append(el("p", said("more", {count: content.more}), "more"));
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

// Without a chart: whoever's card it is. A chart hides its own card, never another's.
function hideCard(chart = owner) {
  chart?.overlay.replaceChildren();
  if (chart !== owner) return;
  card.hidden = true;
  owner = null;
}

function overlaid(chart, parts) {
  const {overlay} = chart, {box, rect} = place(chart), outer = chart.picture.getBoundingClientRect();
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

function showItem(chart, item, client, ring) {
  const rows = rowsOf(chart, item.tooltip);
  const series = rows.find(r => r.role === "series");
  if (series) series.swatch = item.mark.marktype === "line" ? {colour: item.stroke, line: true} : swatchOf(item);
  showCard(chart, {head: null, rows}, client);
  overlaid(chart, ring ? [svgEl("circle", {class: "ring", cx: ring.x, cy: ring.y,
    r: Math.max(4, Math.sqrt(item.size || 30) / 2 + 2)})] : []);
  return rows;
}

const MOST = 10;
function showLines(chart, found, lines, client) {
  const {x, frame} = found;
  const hits = [];
  for (const line of lines) {
    const point = pick(line.points, x, found.y);
    if (Math.abs(point.x - x) <= SAME) hits.push({line, point});
  }
  hits.sort((a, b) => a.point.y - b.point.y);
  const every = hits.map(h => rowsOf(chart, h.point.item.tooltip));
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
  showCard(chart, {head, rows, more}, client);
  const parts = [];
  if (frame) parts.push(svgEl("line", {x1: x, x2: x, y1: frame.y1, y2: frame.y2}));
  for (const {line, point} of hits) {
    const dot = svgEl("circle", {cx: point.x, cy: point.y, r: 4.5});
    dot.style.fill = line.colour;
    parts.push(dot);
  }
  overlaid(chart, parts);
  return head ? [head, ...rows] : rows;
}
