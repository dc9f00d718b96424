// Zoom: what stands under a chart about it, and whose the wheel and the finger are.

const WHEEL = 250; // px of scrolling that a key stands for

function isZoomed(view, zooms) {
  return zooms.some(name => {
    try {
      return Object.keys(view.signal(name) ?? {}).length > 0;
    } catch { return false; }
  });
}

// Many rows along x: the wheel alone comes closer along x, and leaves y, as else soon nothing would be
// in sight. With Shift, and by keys, it is both. Some browsers turn Shift and the wheel sideways.
function wheelAlong(vega, zooms) {
  visit(vega, ({signals}) => {
    if (!Array.isArray(signals)) return;
    for (const name of zooms) {
      const of = part => signals.find(signal => signal.name === name + part)?.on;
      const closer = of("_y")?.find(({events}) => events?.signal === `${name}_zoom_delta`);
      const [anchor] = of("_zoom_anchor") ?? [], [delta] = of("_zoom_delta") ?? [];
      if (!of("_x") || !closer || !anchor?.update.startsWith("{") || !delta) continue;
      anchor.update = `{both: event.shiftKey, ${anchor.update.slice(1)}`;
      delta.update = delta.update.replace("event.deltaY", "(event.deltaY || event.deltaX)");
      closer.update = `${name}_zoom_anchor.both ? ${closer.update} : ${name}_y || domain("y")`;
    }
  });
}

// For every new drawing, because a view's signals are its own.
function watchZoom(chart) {
  const {view, zooms, picture, tools, hint, reset} = chart;
  if (!zooms.length) return;
  picture.classList.add("zoomable");
  picture.setAttribute("aria-keyshortcuts", "Plus - 0");
  tools.hidden = false;
  const key = /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl";
  hint.textContent = framed() ? said("zoom_by_key", {key}) : said("zoom_by_scroll");
  const update = () => { reset.style.visibility = isZoomed(view, zooms) ? "visible" : "hidden"; };
  for (const name of zooms) {
    try { view.addSignalListener(name, () => { hideCard(chart); update(); lookCloser(chart); }); } catch { /* nested: no listener */ }
  }
  update();
  tellLimit(chart);
}

function zooming(chart) {
  const {picture, zooms, reset} = chart;
  if (!zooms.length) return;
  reset.addEventListener("click", () => {
    const svg = picture.querySelector(".pk-drawing svg");
    if (!svg) return;
    const {rect} = place(chart);
    (svg.querySelector(".background") ?? svg).dispatchEvent(new MouseEvent("dblclick", {bubbles: true,
      view: window, clientX: rect.left + rect.width / 2, clientY: rect.top + rect.height / 2}));
  });
  // Keys do what the wheel does, about the point that the arrow keys have reached or the middle.
  picture.addEventListener("keydown", event => {
    const turn = {"+": -WHEEL, "=": -WHEEL, "-": WHEEL}[event.key];
    const background = picture.querySelector(".pk-drawing svg .background");
    if (!background || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "0") reset.click();
    if (turn === undefined) return;
    const {left, top, width, height} = background.getBoundingClientRect();
    const {x, y} = chart.stop ? toClient(chart, chart.stop) : {x: left + width / 2, y: top + height / 2};
    background.dispatchEvent(new WheelEvent("wheel", {bubbles: true, cancelable: true, view: window,
      deltaY: turn, clientX: x, clientY: y, ctrlKey: true, shiftKey: true}));
  });
  // Inside a longer page the wheel scrolls that page, and a finger reads values instead of moving the plot.
  picture.addEventListener("wheel", event => {
    if (framed() && !event.ctrlKey && !event.metaKey) event.stopPropagation();
  }, {capture: true, passive: true});
  for (const type of ["pointerdown", "touchstart"]) {
    picture.addEventListener(type, event => {
      if (type === "touchstart" || event.pointerType === "touch") {
        if (type === "pointerdown") pointAt(chart, event);
        event.stopPropagation();
      }
    }, {capture: true, passive: true});
  }
}
