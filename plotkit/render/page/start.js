// The page: its charts, when each of them is drawn, and what happens to all of them at once.

// The engine measures text before it draws: the page's fonts must be there.
const ready = Promise.race([
  Promise.all([...document.fonts].map(face => face.load().catch(() => {}))),
  new Promise(done => setTimeout(done, 2000)),
]);
document.body.append(card, spoken);

const charts = [...document.querySelectorAll("[data-pk-chart]")].map(root => {
  const {configs, ...rest} = page.charts[root.dataset.pkChart];
  const own = Object.fromEntries(Object.entries(configs).map(([name, i]) => [name, page.configs[i]]));
  return mount(root, {...rest, configs: own});
});

addEventListener("error", event => (active ?? charts[0])?.complain(event.error ?? event.message));
addEventListener("unhandledrejection", event => (active ?? charts[0])?.complain(event.reason));
document.addEventListener("pointerdown", event => { if (!owner?.picture.contains(event.target)) hideCard(); });
addEventListener("scroll", () => hideCard(), {passive: true});

// Charts wait for their turn; the one nearest to what the reader sees comes first.
const waiting = new Set();
let busy = false;
async function work() {
  if (busy) return;
  busy = true;
  await ready;
  while (waiting.size) {
    // The page stands first, and answers the reader between two charts.
    if (charts.length > 1) await new Promise(done => setTimeout(done));
    const far = chart => {
      const {top, bottom} = chart.root.getBoundingClientRect();
      return Math.max(0, -bottom, top - innerHeight);
    };
    const next = [...waiting].map(chart => [far(chart), chart]).reduce((a, b) => (b[0] < a[0] ? b : a))[1];
    waiting.delete(next);
    await next.redraw();
  }
  busy = false;
}
function ask(chart) {
  chart.wanted = true;
  waiting.add(chart);
  work();
}
const again = () => charts.filter(chart => chart.wanted).forEach(ask);

// A chart is first drawn when the reader comes within a screen of it; a page of one chart has no other use.
if (!engine) for (const chart of charts) chart.complain("its drawing program is missing from this file.");
else if (charts.length === 1) ask(charts[0]);
else {
  const near = new IntersectionObserver(seen => {
    for (const {isIntersecting, target} of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      ask(charts.find(chart => chart.root === target));
    }
  }, {rootMargin: "100% 0px"});
  for (const {root} of charts) near.observe(root);
}

const resized = new ResizeObserver(entries => {
  for (const chart of charts) {
    if (!chart.wanted || !entries.some(entry => entry.target === chart.root.parentElement)) continue;
    clearTimeout(chart.pause);
    chart.pause = setTimeout(() => ask(chart), 80);
  }
});
for (const around of new Set(charts.map(chart => chart.root.parentElement))) resized.observe(around);

dark.addEventListener("change", again);
// Paper wants all charts, and at once: a browser does not wait for timers before it prints.
function print(on) {
  printing = on;
  if (!on) return again();
  if (!engine) return;
  for (const chart of charts) {
    chart.wanted = true;
    chart.redraw();
  }
}
paper.addEventListener("change", event => print(event.matches));
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
