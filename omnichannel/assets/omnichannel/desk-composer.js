// Writing: drafts, letters, sending. The desk works without this file.
(() => {
  "use strict";

  const $ = (id) => document.getElementById(id);

  const thread = () => document.querySelector(".thread[data-conversation]");
  const keyOf = (kind) => `draft:${thread().dataset.user}:${thread().dataset.conversation}:${kind}`;
  const draftKey = (area) => keyOf(area.dataset.draft);
  const formId = (area) => area.form.elements.form_id.value;

  function store(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, value);
    } catch {
      // A full or forbidden store costs the draft, not the desk.
    }
  }
  function stored(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  function count(area) {
    const meter = area.form.querySelector(".meter");
    const limit = Number(area.dataset.limit);
    if (!limit || !meter) return;
    const length = [...area.value].length;
    const over = length - limit;
    meter.textContent = over > 0 ? `${over} of ${length} characters too many` : `${length} of ${limit} characters`;
    meter.classList.toggle("over", over > 0);
  }

  // Also run for a composer that the feed has just put in.
  function prepare() {
    for (const area of document.querySelectorAll("textarea[data-draft]:not([data-ready])")) {
      area.dataset.ready = "";
      const draft = stored(draftKey(area));
      if (draft && draft.form && draft.form === thread().dataset.lastSent) {
        store(draftKey(area), null);
        area.focus({ preventScroll: true });
      } else if (draft && !area.value) {
        area.value = draft.text;
        if (draft.text && area.dataset.draft === "note" && !$("reply-text")?.value) $("write-note").checked = true;
      }
      count(area);
    }
    if (thread()) ["reply", "note"].forEach(showBegun);
  }

  // What was begun stays readable when the composer goes, because somebody else has the conversation now.
  function showBegun(kind) {
    const panel = $(`${kind}-panel`);
    if (!panel || panel.querySelector("textarea, .kept")) return;
    const draft = stored(keyOf(kind));
    if (!draft || !draft.text.trim() || draft.form === thread().dataset.lastSent) return;
    const begun = document.createElement("p");
    begun.className = "kept";
    begun.dir = "auto";
    begun.textContent = `You had begun: ${draft.text}`;
    panel.append(begun);
  }

  document.addEventListener("input", (event) => {
    const area = event.target.closest("textarea[data-draft]");
    if (!area) return;
    count(area);
    store(draftKey(area), area.value ? JSON.stringify({ text: area.value, form: formId(area) }) : null);
  });
  document.addEventListener("keydown", (event) => {
    const area = event.target.closest("textarea[data-draft]");
    if (area && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      area.form.requestSubmit();
    }
  });
  // The server sends no form twice either; this spares it the question.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.sending !== undefined) {
      event.preventDefault();
      return;
    }
    const area = event.target.querySelector("textarea[data-draft]");
    if (area) store(draftKey(area), JSON.stringify({ text: area.value, form: formId(area) }));
    event.target.dataset.sending = "";
    for (const button of event.target.querySelectorAll("button")) button.disabled = true;
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sending]")) {
      delete form.dataset.sending;
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    }
  });

  document.addEventListener("desk:swapped", prepare);
  prepare();
})();
