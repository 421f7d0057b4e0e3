// The reading page works without this: it adds the sum, keys, and formulas that MathJax draws.
"use strict";

window.MathJax = {
  tex2jax: { inlineMath: [["$", "$"], ["\\(", "\\)"]], displayMath: [["$$", "$$"], ["\\[", "\\]"]], processEscapes: true },
  "HTML-CSS": { availableFonts: [], imageFont: null, preferredFont: null, webFont: "STIX-Web" },
  showMathMenu: false, messageStyle: "none",
};

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[aria-label=Marks]");
  const sum = document.getElementById("sum");
  const rows = [...document.querySelectorAll("fieldset.row")];

  const add = () => {
    if (!sum) return;
    const ticked = rows.map(row => row.querySelector(":checked"));
    const points = ticked.reduce((all, radio) => all + (radio ? Number(radio.value) : 0), 0);
    const open = ticked.filter(radio => !radio).length;
    sum.textContent = `${points} of ${sum.dataset.most} points` + (open ? `; rows without points: ${open}` : "");
  };
  if (form) form.addEventListener("change", add);
  add();

  const next = row => {
    const after = rows[rows.indexOf(row) + 1];
    const place = after ? after.querySelector(":checked") || after.querySelector("input") : document.getElementById("comment");
    if (place) place.focus();
  };
  const go = id => { const there = document.getElementById(id); if (there) there.click(); };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey && !event.altKey) {
      if (event.key === "Enter" && form) { event.preventDefault(); form.requestSubmit(); }
      if (event.key === ".") { event.preventDefault(); go("after"); }
      if (event.key === ",") { event.preventDefault(); go("before"); }
      return;
    }
    const row = event.target.closest && event.target.closest("fieldset.row");
    if (!row || event.altKey || event.metaKey || !/^[0-9]$/.test(event.key)) return;
    const radio = row.querySelector(`input[value="${event.key}"]`);
    if (!radio) return;
    event.preventDefault();
    radio.checked = true;
    add();
    next(row);
  });
});
