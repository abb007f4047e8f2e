// Writing: drafts, sending, and what was seen when one sends. The desk works without this file.
(() => {
  "use strict";

  const KEEP_AFTER_MS = 800;
  const AGAIN_AFTER_MS = 10000;
  // What came in counts as seen when it has been on the screen for so long.
  const BEGINNING_PX = 24;
  const SEEN_AFTER_MS = 800;
  const $ = (id) => document.getElementById(id);

  const thread = () => document.querySelector(".thread[data-conversation]");
  const areas = () => document.querySelectorAll("textarea[data-draft]");
  const keyOf = (kind) => `draft:${thread().dataset.user}:${thread().dataset.conversation}:${kind}`;
  const localKey = (area) => keyOf(area.dataset.draft);
  const formId = (area) => area.form.elements.form_id.value;

  // --- in this browser, until the server has it ---------------------------------------------------

  function store(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, value);
    } catch {
      // A full or forbidden store costs the copy, not the desk.
    }
  }
  function stored(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }
  const storeOf = (area) => store(localKey(area), JSON.stringify({ text: area.value, form: formId(area) }));

  // --- on the server ------------------------------------------------------------------------------

  const timers = new WeakMap();
  const running = new WeakMap();

  function tell(area, words, tone = "") {
    const saved = $(`${area.dataset.draft}-saved`);
    if (!saved) return;
    saved.textContent = words;
    saved.dataset.tone = tone;
  }
  function told(area) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", area.form.elements.csrfmiddlewaretoken.value);
    data.set("kind", area.dataset.draft);
    data.set("text", area.value);
    data.set("known", area.form.elements.known.value);
    data.set("form_id", formId(area));
    return data;
  }
  function showOther(area, words) {
    const other = $(`${area.dataset.draft}-other`);
    if (!other || !words) return;
    const said = document.createElement("p");
    said.className = "kept";
    said.dir = "auto";
    said.textContent = `Another window had other words, which yours replace: ${words}`;
    other.replaceChildren(said);
  }

  async function keep(area) {
    clearTimeout(timers.get(area));
    if (running.has(area) || area.dataset.unkept === undefined) return;
    const text = area.value;
    const stop = new AbortController();
    running.set(area, stop);
    try {
      const answer = await fetch(area.dataset.keep, { method: "POST", body: told(area), redirect: "error", signal: stop.signal });
      if (!answer.ok) throw new Error(answer.status);
      const kept = await answer.json();
      area.form.elements.known.value = kept.version;
      showOther(area, kept.replaced);
      if (area.value === text) {
        delete area.dataset.unkept;
        store(localKey(area), null);
        tell(area, text.trim() ? "Draft saved" : "");
      }
    } catch {
      if (!stop.signal.aborted) {
        tell(area, "Draft kept in this browser only", "warn");
        clearTimeout(timers.get(area));
        timers.set(area, setTimeout(() => keep(area), AGAIN_AFTER_MS));
      }
    }
    running.delete(area);
    if (area.dataset.unkept !== undefined && area.value !== text) soon(area);
  }
  function soon(area) {
    clearTimeout(timers.get(area));
    timers.set(area, setTimeout(() => keep(area), KEEP_AFTER_MS));
  }
  function leave() {
    for (const area of areas()) {
      if (area.dataset.unkept === undefined || area.form.dataset.sending !== undefined) continue;
      if (navigator.sendBeacon(area.dataset.keep, told(area))) delete area.dataset.unkept;
    }
  }

  document.addEventListener("input", (event) => {
    const area = event.target.closest("textarea[data-draft]");
    if (!area) return;
    area.dataset.unkept = "";
    storeOf(area);
    tell(area, "");
    soon(area);
  });
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") areas().forEach(keep);
  });
  addEventListener("online", () => areas().forEach(keep));

  // --- what was begun -----------------------------------------------------------------------------

  // Also run for a composer that the feed has just put in.
  function prepare() {
    for (const area of document.querySelectorAll("textarea[data-draft]:not([data-ready])")) {
      area.dataset.ready = "";
      const local = stored(localKey(area));
      if (local && local.form && local.form === thread().dataset.lastSent) {
        store(localKey(area), null);
        area.focus({ preventScroll: true });
      } else if (local && local.text !== area.value && !area.hasAttribute("aria-invalid")) {
        // Newer than what the server has: it was typed here and could not be kept.
        area.value = local.text;
        area.dataset.unkept = "";
        if (local.text && area.dataset.draft === "note" && !$("reply-text")?.value) $("write-note").checked = true;
        soon(area);
      }
    }
    if (thread()) ["reply", "note"].forEach(showBegun);
  }

  // What was begun stays readable when the composer goes, because somebody else has the conversation now.
  function showBegun(kind) {
    const panel = $(`${kind}-panel`);
    if (!panel || panel.querySelector("textarea, .kept")) return;
    const local = stored(keyOf(kind));
    if (!local || !local.text.trim() || local.form === thread().dataset.lastSent) return;
    const begun = document.createElement("p");
    begun.className = "kept";
    begun.dir = "auto";
    begun.textContent = `You had begun: ${local.text}`;
    panel.append(begun);
  }

  // --- sending ------------------------------------------------------------------------------------

  // The server sends no form twice either; this spares it the question.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.sending !== undefined) {
      event.preventDefault();
      return;
    }
    const area = event.target.querySelector("textarea[data-draft]");
    if (area) {
      storeOf(area);
      clearTimeout(timers.get(area));
      running.get(area)?.abort();
      area.readOnly = true;
    }
    event.target.dataset.sending = "";
    // Which button it was goes with the form only as long as the button can be pressed.
    setTimeout(() => {
      for (const button of event.target.querySelectorAll("button")) button.disabled = true;
    });
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sending]")) {
      delete form.dataset.sending;
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      for (const area of form.querySelectorAll("textarea")) area.readOnly = false;
    }
  });

  // --- what was seen when one sends ---------------------------------------------------------------

  let seeing = 0;
  // The last message that is on the screen, at least its beginning.
  function seenSeq() {
    if (document.visibilityState === "hidden" || !$("scroll")) return 0;
    const end = $("scroll").getBoundingClientRect().bottom - BEGINNING_PX;
    const shown = [...document.querySelectorAll("#messages [data-seq]:not(.past)")];
    const last = shown.findLast((message) => message.getBoundingClientRect().top < end);
    return Number(last?.dataset.seq ?? 0);
  }
  function see() {
    const field = document.querySelector("#reply-panel input[name=last_seen_seq]");
    const seq = seenSeq();
    if (!field || seeing || seq <= Number(field.value)) return;
    seeing = setTimeout(() => {
      seeing = 0;
      if (field.isConnected) field.value = Math.max(Number(field.value), Math.min(seq, seenSeq()));
      see();
    }, SEEN_AFTER_MS);
  }
  document.addEventListener("visibilitychange", see);
  $("scroll")?.addEventListener("scroll", see, { passive: true });

  document.addEventListener("desk:swapped", () => {
    prepare();
    see();
  });
  prepare();
})();
