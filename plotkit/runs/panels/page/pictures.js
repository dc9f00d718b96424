// Pictures in a grid, and one of them as large as the window.

const TINY = 96; // px of the longer side, up to which every pixel is drawn as a square

function picture(item, panel, {alt, index, step, most, alone}) {
  if (!files.get(item.file)) return message(panel.said("missing", {file: item.file}));
  const frame = el("button", "pk-m-frame");
  frame.type = "button";
  frame.ariaLabel = panel.said("enlarge", {name: alt});
  frame.append(...layered(item, panel, alt, size => fit(frame, size, most)));
  frame.addEventListener("click", () => enlarge(panel, index, panel.steps.indexOf(step), alone));
  return frame;
}

// The picture and all that lies over it; `sized` is told how large it is.
function layered(item, panel, alt, sized) {
  const image = el("img");
  image.alt = alt;
  image.decoding = "async";
  if (item.width) {
    image.width = item.width;
    image.height = item.height;
    sized(item);
  } else image.addEventListener("load", () => sized({width: image.naturalWidth, height: image.naturalHeight}));
  image.addEventListener("error", () => {
    image.closest(".pk-m-frame, .pk-m-whole")?.replaceWith(message(panel.said("damaged", {file: item.file})));
  });
  image.src = files.get(item.file);
  return [image, ...panel.overlays.layers(item)];
}

function fit(frame, {width, height}, most) {
  const long = Math.max(width, height), tiny = long <= TINY;
  const shown = most > 300 ? 280 : most > 200 ? 196 : most > 100 ? 128 : 64;
  const scale = tiny ? Math.max(1, Math.floor(shown / long))
    : Math.min(most > 300 && long <= 200 ? 2 : 1, most / width, (most * 1.3) / height);
  frame.style.width = `${Math.round(width * scale)}px`;
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.classList.toggle("tiny", tiny);
  frame.classList.toggle("small", width * scale < 150);
}

// --- one picture, as large as the window ---

let large = null;
function dialog(panel) {
  const node = el("dialog", "pk-m-large");
  const body = el("div", "pk-m-large-body"), foot = el("div", "pk-m-large-foot");
  const told = el("div", "pk-m-large-told");
  told.ariaLive = "polite";
  const previous = button("previous", "", () => turn(-1)), next = button("next", "", () => turn(1));
  const close = button("close", "", () => node.close());
  foot.append(previous, told, next, close);
  node.append(body, foot);
  node.addEventListener("click", event => { if (event.target === node || event.target === body) node.close(); });
  node.addEventListener("keydown", event => {
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!way) return;
    event.preventDefault();
    turn(way);
  });
  node.addEventListener("close", () => { large.panel.overlays.painters.delete(large.paint); body.replaceChildren(); });
  document.body.append(node);
  addEventListener("resize", () => { if (node.open) enlarge(large.panel, large.index, large.at, large.alone); });
  return {node, body, told, previous, next, close};
}
// Its neighbours: the other pictures of the step, or the other steps of the only one.
function turn(way) {
  const {panel, index, at, alone} = large, count = panel.items[at].length;
  if (alone) return;
  if (count > 1) enlarge(panel, (index + way + count) % count, at);
  else if (panel.items[at + way]?.length) enlarge(panel, 0, at + way);
}
// `alone` is a picture in the cell of a table.
function enlarge(panel, index, at, alone) {
  large ??= dialog();
  Object.assign(large, {panel, index, at, alone});
  const items = panel.items[at], item = alone ?? items[index], step = panel.steps[at];
  for (const key of ["previous", "next", "close"]) large[key].ariaLabel = large[key].title = panel.said(key);
  large.previous.hidden = large.next.hidden = Boolean(alone) || (items.length === 1 && panel.steps.length === 1);
  const name = panel.nameOf(index, items.length);
  large.node.ariaLabel = name;
  large.told.replaceChildren(written("strong", "", item.caption || name), el("span", "", panel.said("step", {step})));
  const whole = el("div", "pk-m-whole");
  whole.append(...layered(item, panel, panel.altOf(item, index, items.length, step), ({width, height}) => {
    let scale = Math.min((innerWidth - 48) / width, (innerHeight - 132) / height);
    const tiny = Math.max(width, height) <= TINY;
    scale = tiny ? Math.min(Math.max(1, Math.floor(scale)), Math.ceil(640 / Math.max(width, height))) : Math.min(scale, 4);
    whole.style.width = `${width * scale}px`;
    whole.style.aspectRatio = `${width} / ${height}`;
    whole.classList.toggle("tiny", tiny);
  }));
  large.body.replaceChildren(whole);
  if (!large.node.open) large.node.showModal();
}
