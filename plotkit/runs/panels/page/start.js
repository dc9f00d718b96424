// Everything begins here: the panels that stand in the page, and those that come into it later.

function mount(root) {
  gather(root);
  const fresh = ".pk-media:not([data-pk-ready])", inside = [...root.querySelectorAll(fresh)];
  const found = (root.matches?.(fresh) ? [root, ...inside] : inside).map(node => new Panel(node));
  for (const panel of panels) {
    if (panel.node.isConnected) continue;
    panel.stop();
    panels.delete(panel);
    // One that has come in its place goes on where it was.
    found.find(one => one.name === panel.name)?.takeOver(panel);
  }
  for (const panel of found) panels.add(panel);
  for (const panel of found) {
    panel.start();
    panel.node.dataset.pkReady = "";
  }
  // A slider alone has nothing to be linked with.
  const sliders = [...panels].filter(panel => panel.slider);
  for (const panel of sliders) panel.link.label.hidden = sliders.length < 2;
}

// Paper shows the last step of everything.
const before = new Map();
addEventListener("beforeprint", () => {
  for (const panel of panels) {
    panel.stop();
    before.set(panel, panel.at);
    panel.go(panel.steps.length - 1, false);
  }
});
addEventListener("afterprint", () => {
  for (const [panel, at] of before) panel.go(at, false);
  before.clear();
});

// A page that is served puts panels into itself while it is looked at.
globalThis.plotkitMedia = {mount};
mount(document);
