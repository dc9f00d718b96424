// The spec of one chart: made ready for the engine, and laid out anew for a narrow screen.

const COLOUR_CHANNELS = ["color", "stroke", "fill", "shape", "strokeDash", "detail"];

// Changes `spec` in place. Found in it: the tooltips' titles by token, the fields that tell series
// apart, the names of the params that zoom.
function readied(spec) {
  const found = {titles: new Map(), series: new Set(), zooms: []};
  tokened(spec, {}, found);
  visit(spec, node => {
    // Vega takes a title such as "constructor" for a member of its own tables; with a blank it is text.
    const blank = v => (typeof v === "string" && v in Object.prototype ? `${v} ` : v);
    const all = v => (Array.isArray(v) ? v.map(blank) : blank(v));
    node.title = isObject(node.title) && !Array.isArray(node.title)
      ? {...node.title, text: all(node.title.text), subtitle: all(node.title.subtitle)} : all(node.title);
    if (node.title === undefined) delete node.title;
    if (Array.isArray(node.params)) {
      for (const p of node.params) if (p?.bind === "scales" && typeof p.name === "string") found.zooms.push(p.name);
    }
  });
  return found;
}

// Tooltip titles travel as tokens: they would be parsed as part of an expression.
function tokened(spec, encoding, found) {
  const own = {...encoding, ...(spec.encoding || {})};
  for (const channel of COLOUR_CHANNELS) {
    const field = own[channel]?.field ?? own[channel]?.condition?.field;
    if (typeof field === "string") found.series.add(field);
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
      const token = `pk${found.titles.size}`;
      found.titles.set(token, {title: given, role: role === "x" || role === "y" ? role : role && "series"});
      def.title = token;
    }
  }
  for (const key of ["layer", "hconcat", "vconcat", "concat"]) {
    for (const child of spec[key] || []) tokened(child, own, found);
  }
  if (isObject(spec.spec)) tokened(spec.spec, own, found);
}

const isVega = spec => /\/schema\/vega\//.test(spec.$schema);
const fits = spec =>
  typeof spec.width === "number" && /^fit/.test(spec.autosize?.type ?? spec.autosize ?? "");
// One plot of given sides, with everything else around it: less room is less plot, not smaller text.
const surrounded = spec => !fits(spec) && !isVega(spec) && Boolean(spec.mark ?? spec.layer)
  && typeof spec.width === "number" && typeof spec.height === "number"
  && !["row", "column", "facet"].some(channel => spec.encoding?.[channel]);

const sides = (spec, config) => {
  const padding = spec.padding ?? config.padding ?? 5;
  return isObject(padding) ? (padding.left ?? 0) + (padding.right ?? 0) : 2 * padding;
};

// A legend beside the plot, or in the corner of a small one, would take its room: it stands above.
const ROOM_FOR_CORNER = 300, ROOM_BESIDE = 600;
function legendsAbove(spec, width) {
  visit(spec, node => {
    if (!isObject(node.legend)) return;
    const {orient} = node.legend;
    const corner = /-/.test(orient) && surrounded(spec) && width < ROOM_FOR_CORNER;
    const beside = orient === "right" && node.type === "nominal" && fits(spec) && width < ROOM_BESIDE;
    if (!corner && !beside) return;
    for (const key of ["direction", "offset", "padding", "titleOrient", "titleAnchor"]) delete node.legend[key];
    Object.assign(node.legend, {orient: "top", columns: 1, labelLimit: width - 60});
  });
}

// What changes on a narrow screen: size, breaks of the titles, longest labels, columns of the legend.
function narrowed(spec, config, width, columns, taller) {
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
  const room = width - (fits(spec) ? sides(copy, config) : 0) - 2;
  const fit = (text, weight, size, font) => {
    const before = [text].flat();
    const lines = wrap(unwrapped(before.map(String)), `${weight} ${size}px ${font}`, room);
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
  if (typeof copy.height === "number" && fits(spec)) copy.height += Math.max(0, Math.round(added));
  legendsAbove(copy, width);
  if (taller) copy.height += taller;
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
