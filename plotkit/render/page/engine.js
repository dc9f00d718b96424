// The engine (Vega and Vega-Lite) as one chart may use it: no loading, no markup, no evaluation.

const engine = globalThis.plotkitEngine;

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

const blocked = () => Promise.reject(Error("blocked"));
const loaderFor = chart => ({
  load: () => { chart.complain("it asks for data outside this file."); return blocked(); },
  sanitize(uri, options) {
    const link = options?.context === "href";
    const fine = link ? chart.links && /^https?:\/\//i.test(uri) : /^data:image\/(png|jpeg);base64,/i.test(uri);
    return fine
      ? Promise.resolve(link ? {href: uri, target: "_blank", rel: "noopener noreferrer"} : {href: uri})
      : blocked();
  },
  http: blocked,
  file: blocked,
});

function loggerFor(chart) {
  const quiet = {
    level: () => quiet, warn: () => quiet, info: () => quiet, debug: () => quiet,
    error: (...args) => { chart.complain(args.find(a => a instanceof Error) ?? args.join(" ")); return quiet; },
  };
  return quiet;
}

// The engine hands out its view class only by way of a view: an empty one, once for the page.
let bareView = null;
async function viewClassFor(chart) {
  bareView ??= engine.embed(el("div"), {marks: []},
    {mode: "vega", actions: false, defaultStyle: false, tooltip: () => {}, ast: true, hover: false,
      loader: loaderFor({complain() {}})}).then(({view}) => { view.finalize(); return view.constructor; });
  const logger = loggerFor(chart), View = await bareView;
  return class extends View {
    constructor(runtime, options) {
      super(runtime, {...options, logger, expr: interpreter});
    }
  };
}

// Draw into elements that stand nowhere yet. With a width: laid out for that many px.
async function build(chart, theme, width, columns, taller) {
  const config = structuredClone(chart.configs[theme]);
  // Descriptions of single marks are built from titles by an expression that breaks on backslashes;
  // the chart as a whole is named instead.
  config.mark = {...config.mark, aria: false};
  const own = chart.specs?.[theme] ?? chart.spec;
  const spec = width ? narrowed(own, config, width, columns, taller) : own;
  const box = el("div"), inputs = el("div");
  chart.viewClass ??= await viewClassFor(chart);
  const {view} = await engine.embed(box, structuredClone(spec), {
    mode: isVega(spec) ? "vega" : "vega-lite", renderer: "svg", actions: false, defaultStyle: false, hover: false,
    config, ast: true, viewClass: chart.viewClass, loader: chart.loader, tooltip: () => {}, bind: inputs,
    patch: vega => {
      tameBindings(vega);
      if (chart.detail?.lines) wheelAlong(vega, chart.zooms);
      return vega;
    },
  });
  box.className = "pk-drawing";
  return {view, box, inputs};
}
