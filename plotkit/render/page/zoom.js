// Zoom: what stands under a chart about it, and whose the wheel and the finger are.

function isZoomed({view, zooms}) {
  return zooms.some(name => {
    try {
      return Object.keys(view.signal(name) ?? {}).length > 0;
    } catch { return false; }
  });
}

// For every new drawing, because a view's signals are its own.
function watchZoom(chart) {
  const {view, zooms, picture, tools, hint, reset} = chart;
  if (!zooms.length) return;
  picture.classList.add("zoomable");
  tools.hidden = false;
  const key = /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl";
  hint.textContent = framed() ? said("zoom_by_key", {key}) : said("zoom_by_scroll");
  const update = () => { reset.style.visibility = isZoomed(chart) ? "visible" : "hidden"; };
  for (const name of zooms) {
    try { view.addSignalListener(name, () => { hideCard(chart); update(); }); } catch { /* nested: no listener */ }
  }
  update();
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
