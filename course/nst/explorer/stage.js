// The view of stage.py: it shows what Python sends, and compares the picture before and after all by itself.

function element(parent, tag, name, attributes = {}) {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

// Show the bytes of a picture file in an <img>; call `shown` when it is on the page, or cannot be.
function show(img, bytes, shown = () => {}) {
  if (!bytes || !bytes.byteLength) return shown();
  const url = URL.createObjectURL(new Blob([bytes]));
  const old = img.src;
  img.onload = img.onerror = () => {
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
    shown();
  };
  img.src = url;
}

// What ipywidgets leave undone for the controls above: names for the sliders' handles, a place for the focus when its
// button is disabled, and no shortcut of JupyterLab's for keys that are meant for a slider or a button.
function settle(explorer) {
  explorer.setAttribute("data-lm-suppress-shortcuts", "true");
  const name = () => {
    for (const slider of explorer.querySelectorAll(".widget-slider")) {
      const text = slider.querySelector(".widget-label")?.textContent;
      const handle = slider.querySelector(".noUi-handle");
      if (text && handle) handle.setAttribute("aria-label", `${text}, as a power of ten`);
    }
  };
  let focused = null;
  explorer.addEventListener("focusin", (event) => { focused = event.target; });
  explorer.addEventListener("focusout", (event) => { if (!event.target.disabled && event.relatedTarget) focused = null; });
  const refocus = () => {
    if (!focused || !focused.disabled || ![document.body, focused, null].includes(document.activeElement)) return;
    const next = [...explorer.querySelectorAll(".nst-pause, .nst-start")].find((button) => !button.disabled);
    next?.focus(); // after Start to Pause, after Stop to Start; none is enabled between the two messages
  };
  new MutationObserver(name).observe(explorer, { childList: true, subtree: true });
  new MutationObserver(refocus).observe(explorer, { attributes: true, attributeFilter: ["disabled"], subtree: true });
  name();
}

function whenInExplorer(el, act, tries = 200) {
  const explorer = el.closest(".nst-explorer");
  if (explorer) act(explorer);
  else if (tries) setTimeout(() => whenInExplorer(el, act, tries - 1), 50);
}

function render({ model, el }) {
  el.classList.add("nst-stage");
  const alarm = element(el, "div", "nst-alarm", { role: "alert" }); // above the picture: below it nobody looks
  const row = element(el, "div", "nst-row");
  const figures = {};
  for (const name of ["content", "frame", "style"]) {
    const figure = element(row, "figure", `nst-figure nst-figure-${name}`);
    const box = element(figure, "div", "nst-box");
    figures[name] = { box, img: element(box, "img", `nst-${name}`), text: element(figure, "figcaption", "") };
  }
  // Before and after: the content picture lies over the live one, cut at the slider's place.
  const before = element(figures.frame.box, "img", "nst-before", { alt: "" });
  const wipe = element(figures.frame.box.parentElement, "label", "nst-wipe");
  element(wipe, "span", "").textContent = "before | after";
  const slider = element(wipe, "input", "", {
    type: "range", min: 0, max: 100, value: 0, "aria-label": "how much of the picture to show as it was before, in percent",
  });
  const cut = () => { before.style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`; };
  slider.addEventListener("input", cut);
  cut();

  const numbers = element(el, "div", "nst-numbers");
  const message = element(el, "div", "nst-message", { role: "status", "aria-live": "polite" });
  const curves = element(el, "img", "nst-curves");

  const still = (name) => () => {
    show(figures[name].img, model.get(`${name}_picture`));
    if (name === "content") show(before, model.get("content_picture"));
  };
  const label = (name) => () => {
    const text = model.get(`${name}_label`);
    figures[name].text.textContent = `${name} = ${text}`;
    figures[name].img.alt = `${name} picture: ${text}`;
  };
  // One frame after the other: a page too slow for all of them shows the newest it can, instead of starting on each.
  let busy = false;
  let waiting = false;
  const draw = () => {
    const ratio = model.get("ratio");
    const caption = model.get("caption");
    waiting = false;
    show(figures.frame.img, model.get("frame"), () => {
      figures.frame.img.dataset.ratio = ratio; // picture and text change together
      figures.frame.img.alt = caption;
      figures.frame.text.textContent = caption;
      busy = false;
      if (waiting) live();
    });
  };
  const live = () => {
    waiting = true;
    if (busy) return;
    busy = true;
    queueMicrotask(draw); // once for each message, though picture and caption both announce a change
  };
  const texts = { numbers, message, alarm };
  const watch = (name, act) => { model.on(`change:${name}`, act); act(); };
  for (const name of ["content", "style"]) {
    watch(`${name}_picture`, still(name));
    watch(`${name}_label`, label(name));
  }
  for (const [name, place] of Object.entries(texts)) {
    watch(name, () => { place.textContent = model.get(name); });
  }
  watch("curves", () => show(curves, model.get("curves")));
  watch("curves_label", () => { curves.alt = model.get("curves_label"); });
  model.on("change:frame", live);
  watch("caption", live);
  whenInExplorer(el, settle);
}

export default { render };
