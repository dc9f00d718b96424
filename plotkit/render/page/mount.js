// One live chart in its root element. Everything of a chart hangs on the one object made here.

let active = null; // the chart being drawn or touched: what goes wrong unasked is its doing

// payload: {spec, specs: {name: spec} where colours stand in the spec, configs: {name: config},
// theme: name or null, links: boolean, detail: see detail.js}
function mount(root, {spec, specs, configs, theme, links, detail}) {
  const part = name => root.querySelector(`.pk-${name}`);
  const message = part("message");
  const chart = {
    root, spec, specs, configs, theme, links,
    picture: part("picture"), tools: part("tools"), hint: part("hint"), limit: part("limit"), reset: part("reset"), inputs: part("inputs"),
    overlay: svgEl("svg", {class: "pk-overlay", "aria-hidden": "true"}),
    view: null, viewClass: null, seen: null, drawn: {width: 0, theme: ""}, designed: 0,
    titles: new Map(), series: new Set(), zooms: [],
    stop: null, detail: null, sight: null, closer: 0, wanted: false,
    complain(problem) {
      if (!message.hidden) return;
      message.textContent = said("not_drawn", {reason: short(String(problem?.message ?? problem))});
      message.hidden = false;
      root.style.minHeight = "";
    },
  };
  chart.loader = loaderFor(chart);
  // Room for what is still to come, so that only charts near the window seem to be near it.
  if (!chart.picture.firstElementChild && typeof spec.height === "number") root.style.minHeight = `${spec.height}px`;
  const touched = () => { active = chart; };
  for (const type of ["pointerdown", "pointerover", "focusin"]) root.addEventListener(type, touched, {capture: true});
  let work = ready.then(() => {
    if (detail) chart.detail = detailed(spec, detail);
    for (const own of Object.values(specs ?? {})) readied(own);
    Object.assign(chart, readied(spec));
    pointing(chart);
    lifting(chart);
    zooming(chart);
  }).catch(chart.complain);
  // One drawing after the other; a failure is said in the chart's own place.
  chart.redraw = () => (work = work.then(() => { touched(); return draw(chart); }).catch(chart.complain));
  return chart;
}
