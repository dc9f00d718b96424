"use strict";
// Keeps an open page up to date: asks whether the runs have written more, fetches the page anew
// and puts what changed into its place. What the reader opened, ticked or turned stays.
(() => {
  const main = document.querySelector("main"), state = document.querySelector(".served-state");
  const status = state.querySelector("[role=status]"), isList = location.pathname === "/";
  const slow = isList ? 4000 : 1000;
  let known = [...main.children].map(node => node.outerHTML), version = null;

  const say = text => { if (status.textContent !== text) status.textContent = text; };
  const show = live => {
    state.dataset.live = live ? "yes" : "no";
    say(live && !isList ? "Live" : "");
  };
  // The version in a picture's address says nothing about the page.
  const plain = html => html.replace(/([?&;]v=)[^&"]*/g, "$1");

  // A picture is exchanged once the new one is there, and only when the reader is near it.
  const waiting = new Map();
  const near = new IntersectionObserver(entries => {
    for (const {target, isIntersecting} of entries) if (isIntersecting && waiting.has(target)) exchange(target);
  }, {rootMargin: "600px"});
  function exchange(picture) {
    const fresh = waiting.get(picture);
    waiting.delete(picture);
    near.unobserve(picture);
    const probe = new Image();
    const dark = matchMedia("(prefers-color-scheme:dark)").matches;
    probe.onload = () => {
      picture.querySelector("source").srcset = fresh.querySelector("source").getAttribute("srcset");
      picture.querySelector("img").src = fresh.querySelector("img").getAttribute("src");
    };
    probe.src = dark ? fresh.querySelector("source").getAttribute("srcset") : fresh.querySelector("img").getAttribute("src");
  }

  // What the reader opened and ticked; sliders know by themselves where they stood.
  const chosen = () => ({
    open: new Set([...main.querySelectorAll("details[open] > summary")].map(one => one.textContent)),
    ticked: new Set([...main.querySelectorAll("input[name=run]:checked")].map(one => one.value)),
  });
  function restore({open, ticked}) {
    for (const box of main.querySelectorAll("input[name=run]")) box.checked ||= ticked.has(box.value);
    for (const line of main.querySelectorAll("details > summary"))
      if (open.has(line.textContent)) line.parentNode.open = true;
  }

  function put(page) {
    document.title = page.title;
    for (const place of ["header", "nav.contents"]) {
      const old = document.querySelector(place), newer = page.querySelector(place);
      if (old && newer && old.outerHTML !== newer.outerHTML) old.replaceWith(newer);
    }
    const kept = chosen();
    // A block that is the same but for its pictures stays; blocks may have come between.
    const olds = new Map();
    [...main.children].forEach((node, at) => {
      const key = plain(known[at]);
      olds.set(key, [...(olds.get(key) ?? []), node]);
    });
    const news = [...page.querySelector("main").children], texts = news.map(node => node.outerHTML);
    let place = main.firstElementChild;
    news.forEach((node, at) => {
      const old = olds.get(plain(texts[at]))?.shift();
      if (old) exchanged(old, node);
      const now = old ?? node;
      if (now === place) place = place.nextElementSibling;
      else main.insertBefore(now, place);
    });
    for (const left of olds.values()) for (const node of left) node.remove();
    known = texts;
    globalThis.plotkitMedia?.mount(main);
    restore(kept);
  }
  function exchanged(old, fresh) {
    const pictures = fresh.querySelectorAll("figure.served picture");
    old.querySelectorAll("figure.served picture").forEach((picture, at) => {
      if (picture.outerHTML === pictures[at].outerHTML) return;
      waiting.set(picture, pictures[at]);
      near.observe(picture);
    });
  }

  async function fetched(address) {
    const answer = await fetch(address, {credentials: "same-origin"});
    if (!answer.ok) throw new Error(await answer.text());
    return answer;
  }
  const parsed = async () =>
    new DOMParser().parseFromString(await (await fetched(location.href)).text(), "text/html");

  async function look() {
    const began = performance.now();
    let live = true;
    try {
      if (!document.hidden) {
        if (isList) put(await parsed());
        else {
          const place = new URL("state", location.href);
          place.search = location.search;
          const told = await (await fetched(place)).json();
          live = told.live;
          if (version !== null && told.version !== version) put(await parsed());
          version = told.version;
        }
        show(live);
      }
    } catch (reason) {
      say(reason instanceof TypeError ? "plotkit serve has ended" : reason.message);
      state.dataset.live = "no";
    }
    // A page that takes long is asked for less often, so that training keeps its machine.
    setTimeout(look, Math.max(live ? slow : 5000, 4 * (performance.now() - began)));
  }
  show(state.dataset.live === "yes");
  setTimeout(look, slow);
})();
