// The desk works without this file. With it: news come in by themselves, drafts survive a reload, letters are
// counted, Ctrl+Enter sends. It never touches what is being typed.
(() => {
  "use strict";

  const POLL_MS = 1500;
  const AT_END_PX = 60;
  const $ = (id) => document.getElementById(id);

  // --- the state of the connection, in a word ---------------------------------------------------

  const WORDS = { live: "● live", offline: "offline (your text is kept)" };

  function say(state) {
    const live = $("live");
    if (!live || live.dataset.state === state) return;
    live.dataset.state = state;
    live.textContent = WORDS[state] ?? "";
    if (state === "gone") live.textContent = "No longer yours to see (your text is kept)";
    if (state === "logged-out") {
      live.dataset.state = "gone";
      const link = document.createElement("a");
      link.href = "/login/?next=" + encodeURIComponent(location.pathname + location.search);
      link.textContent = "log in again";
      live.replaceChildren("You were logged out: ", link, " (your text is kept)");
    }
  }

  // --- asking for news: a later transport replaces only this part -------------------------------

  function nudge() {
    if (document.visibilityState === "visible" && $("feed") && window.htmx) window.htmx.trigger($("feed"), "poll");
  }
  // Logged out, or no longer allowed: asked again when somebody comes back to the page, not all the time.
  setInterval(() => {
    if (!["gone", "logged-out"].includes($("live")?.dataset.state)) nudge();
  }, POLL_MS);
  addEventListener("focus", nudge);
  addEventListener("online", nudge);
  document.addEventListener("visibilitychange", nudge);

  const isFeed = (event) => event.detail.elt && event.detail.elt.id === "feed";
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isFeed(event)) return;
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status === 200 || status === 204) say("live");
    else if (status === 401) say("logged-out");
    else if (status === 403 || status === 404) say("gone");
    else say("offline");
  });
  addEventListener("offline", () => say("offline"));

  // --- what a swap must not disturb: open panels, the place in the thread -----------------------

  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isFeed(event)) return;
    const scroll = $("scroll");
    kept = {
      open: [...document.querySelectorAll("details[open][id]")].map((details) => details.id),
      height: scroll ? scroll.scrollHeight : 0,
      top: scroll ? scroll.scrollTop : 0,
      last: $("messages") ? $("messages").lastElementChild : null,
    };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isFeed(event) || !kept) return;
    for (const id of kept.open) if ($(id)) $(id).open = true;
    const scroll = $("scroll");
    if (scroll) {
      // The thread hangs upside down: 0 is its end, and what is above has a negative place.
      const isAtEnd = Math.abs(kept.top) < AT_END_PX;
      scroll.scrollTop = isAtEnd ? 0 : kept.top - (scroll.scrollHeight - kept.height);
      const hasNew = kept.last && $("messages").lastElementChild !== kept.last;
      if (hasNew && !isAtEnd) $("to-end").hidden = false;
    }
    kept = null;
    prepare();
  });

  function watchEnd() {
    const scroll = $("scroll");
    if (!scroll) return;
    scroll.addEventListener("scroll", () => {
      if (Math.abs(scroll.scrollTop) < AT_END_PX) $("to-end").hidden = true;
    });
    $("to-end").addEventListener("click", () => {
      scroll.scrollTop = 0;
      $("to-end").hidden = true;
    });
  }

  // --- writing: drafts, letters, sending --------------------------------------------------------

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
    if (event.key === "Escape") {
      const pop = document.querySelector("details.pop[open]");
      if (pop) {
        pop.open = false;
        pop.querySelector("summary").focus();
      }
    }
  });
  document.addEventListener("click", (event) => {
    for (const pop of document.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
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
    nudge();
  });

  // --- durations count on, by the rule of presenters.ago ----------------------------------------

  function ago(since) {
    const minutes = Math.floor((Date.now() - Date.parse(since)) / 60000);
    if (minutes < 1) return "now";
    if (minutes < 60) return `${minutes} min`;
    return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
  }
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-ago]")) time.textContent = ago(time.dateTime);
  }, 30000);

  function start() {
    // After a refused form the address is the form's; the page is the conversation's.
    const address = thread()?.dataset.address;
    if (address && location.pathname !== address) history.replaceState(null, "", address);
    prepare();
    watchEnd();
    setTimeout(nudge, 200); // htmx has read the page by then
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
