// What moves in the thread besides its texts: the clock of the 24 hours and the preview of a content template.
// The desk works without this file.
(() => {
  "use strict";

  const SOON_MS = 4 * 3600 * 1000;
  const $ = (id) => document.getElementById(id);

  // --- the 24 hours, by the rule of presenters.closes_in ------------------------------------------

  function closesIn(left) {
    const minutes = Math.floor(left / 60000);
    if (minutes < 1) return "Closes in under 1 min";
    return minutes >= 60 ? `Closes in ${Math.floor(minutes / 60)} h ${minutes % 60} min` : `Closes in ${minutes} min`;
  }
  function tick() {
    for (const clock of document.querySelectorAll("[data-closes]")) {
      const left = Date.parse(clock.dataset.closes) - Date.now();
      const words = left < 0 ? "24 hours over" : closesIn(left);
      if (clock.textContent !== words) clock.textContent = words;
      clock.classList.toggle("warn", left >= 0);
      clock.hidden = left > SOON_MS;
    }
  }
  setInterval(tick, 15000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("htmx:afterSwap", tick);

  // --- a content template, filled in while one types ----------------------------------------------

  function preview(field) {
    const spot = field.form.querySelectorAll("[data-variable]");
    for (const each of spot) {
      if (each.dataset.variable !== field.dataset.fills) continue;
      const value = field.value.trim();
      each.textContent = value || `{{${field.dataset.fills}}}`;
      each.classList.toggle("filled", Boolean(value));
    }
  }
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-fills]");
    if (field) preview(field);
  });
  // The address of the form says what is chosen; the keyboard goes on where there is something to type.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "picker") return;
    const next = event.target.querySelector("[data-fills]") ?? event.target.querySelector(".fill .btn.primary");
    if (next) next.focus();
  });

  // The composer changes when the customer writes again or the hours end. What is being filled in stays.
  let begun = null;
  const isComposer = (event) => event.target && event.target.id === "reply-panel";
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (!isComposer(event)) return;
    const picker = $("picker");
    const filled = picker && [...picker.querySelectorAll("[data-fills]")].some((field) => field.value);
    begun = filled || (picker && picker.contains(document.activeElement)) ? picker : null;
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    const picker = $("picker");
    if (!begun || !picker || picker === begun) return;
    picker.replaceWith(begun);
    window.htmx.process(begun); // being swapped out took its listeners
    if (begun.parentElement.tagName === "DETAILS") begun.parentElement.open = true;
    begun = null;
  });

  tick();
})();
