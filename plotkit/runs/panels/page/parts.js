// Everything but pictures and scenes: sound, video, pages, tables, histograms.

const PAGE = 10; // rows of a table

function player(item, panel, {alt, most}) {
  if (!files.get(item.file)) return message(panel.said("missing", {file: item.file}));
  const node = el(item.kind);
  node.controls = true;
  node.preload = "metadata";
  node.ariaLabel = alt;
  if (item.width) {
    const {width, height} = item, scale = Math.min(most > 300 && width <= 200 ? 2 : 1, Math.max(most, 200) / width);
    node.style.width = `${Math.round(width * scale)}px`;
    node.style.aspectRatio = `${width} / ${height}`;
  }
  playable(item.file).then(address => { node.src = address; });
  node.addEventListener("error", () => node.replaceWith(message(panel.said("damaged", {file: item.file}))));
  return node;
}

function html(item, panel, {alt}) {
  if (!documents.has(item.file) && !files.has(item.file)) return message(panel.said("missing", {file: item.file}));
  const frame = el("iframe", "pk-m-document");
  frame.title = alt;
  frame.setAttribute("sandbox", "");
  if (documents.has(item.file)) frame.srcdoc = documents.get(item.file);
  else {
    bytesOf(item.file).then(bytes => {
      documents.set(item.file, panel.words.guard + new TextDecoder().decode(bytes));
      frame.srcdoc = documents.get(item.file);
    }, () => frame.replaceWith(message(panel.said("missing", {file: item.file}))));
  }
  return frame;
}

// What was logged in a cell: text, or objects.
function cellOf(content, number, panel, facts) {
  const cell = typeof content === "string" ? written("td", number ? "number" : "", content) : el("td");
  if (typeof content === "string") return cell;
  [content].flat().forEach((one, at) => cell.append((KINDS[one.kind] ?? KINDS.other)(one, panel,
    {...facts, alt: one.caption || facts.alt, key: `${facts.key}${at}/`, most: 96, alone: one})));
  return cell;
}

function table(item, panel, {alt, step, index, key}) {
  const whole = el("div", "pk-m-table"), scroll = el("div", "pk-m-scroll"), grid = el("table"), body = el("tbody");
  scroll.tabIndex = 0;
  scroll.role = "group";
  scroll.ariaLabel = alt;
  if (item.columns.length) {
    const head = el("thead"), row = el("tr");
    item.columns.forEach((name, at) => {
      const cell = written("th", item.numeric[at] ? "number" : "", name);
      cell.scope = "col";
      row.append(cell);
    });
    head.append(row);
    grid.append(head);
  }
  grid.append(body);
  scroll.append(grid);
  whole.append(scroll);
  const count = item.rows.length, short = item.columns.length === 0 || count <= PAGE;
  const told = el("span"), pager = el("div", "pk-m-pager");
  let first = 0;
  const previous = button("previous", panel.said("previous"), () => page(first - PAGE));
  const next = button("next", panel.said("next"), () => page(first + PAGE));
  const number = value => value.toLocaleString(document.documentElement.lang || undefined);
  function page(at) {
    first = at;
    const rows = short ? item.rows : item.rows.slice(first, first + PAGE);
    body.replaceChildren(...rows.map((cells, line) => {
      const row = el("tr");
      cells.forEach((content, column) => {
        const cell = cellOf(content, item.numeric[column], panel,
          {step, index, key: `${key}${index}/${first + line}/${column}/`, alt: `${alt}: ${item.columns[column] ?? ""} ${first + line + 1}`});
        if (item.exact[column]) cell.title = item.exact[column][first + line];
        row.append(cell);
      });
      return row;
    }));
    previous.disabled = first <= 0;
    next.disabled = first + PAGE >= count;
    told.textContent = panel.said("rows", {first: number(first + 1), last: number(first + rows.length), total: number(item.total)});
  }
  page(0);
  if (!short) {
    pager.append(previous, next, told);
    whole.append(pager);
  }
  if (item.total > count) {
    whole.append(el("p", "pk-m-remark", panel.said("rows_carried", {shown: number(count), total: number(item.total)})));
  }
  return whole;
}

const brief = value => (+value).toLocaleString(document.documentElement.lang || undefined, {maximumSignificantDigits: 4})
  .replace("-", "−");
function histogram(item, panel, {alt, most}) {
  const {counts, edges} = item, width = Math.min(most, 360), height = Math.round(width * .42);
  const highest = Math.max(...counts, 1e-300), low = edges[0], span = edges.at(-1) - low || 1;
  const told = panel.said("spread", {
    count: brief(counts.reduce((sum, one) => sum + one, 0)), low: brief(low), high: brief(edges.at(-1))});
  const svg = svgEl("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${alt}: ${told}`});
  counts.forEach((count, at) => {
    const x = ((edges[at] - low) / span) * width, wide = ((edges[at + 1] - edges[at]) / span) * width;
    const tall = (count / highest) * (height - 1);
    const gap = wide > 4 ? 1 : 0;
    if (count > 0) svg.append(svgEl("rect", {x: x + gap / 2, y: height - 1 - tall, width: Math.max(wide - gap, .5), height: tall}));
  });
  svg.append(svgEl("line", {x1: 0, x2: width, y1: height - .5, y2: height - .5}));
  const box = el("div", "pk-m-bars"), scale = el("div", "pk-m-scale");
  scale.append(el("span", "", brief(low)), el("span", "", brief(edges.at(-1))));
  box.style.width = `${width}px`;
  box.append(svg, scale);
  return box;
}

function other(item, panel) {
  const box = el("div", "pk-m-other");
  box.append(message(panel.said("unknown", {kind: item.type || "?"})));
  const address = files.get(item.given);
  if (address && !address.startsWith("data:")) {
    const link = el("a", "", panel.said("open"));
    link.href = address;
    link.download = "";
    box.append(link);
  } else if (item.given) box.append(el("code", "", item.given));
  return box;
}

const KINDS = {
  image: picture, video: player, audio: player, html, table, histogram, other,
  scene: (item, panel, facts) => Viewer.of(panel, facts).show(item, facts),
};
