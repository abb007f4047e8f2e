// News come in by themselves: when to ask, what an answer must not disturb, and a word for the connection.
// The desk works without this file; it never touches what is being typed. After each answer that changed
// something, `desk:swapped` is sent to the document.
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
    document.dispatchEvent(new CustomEvent("desk:swapped"));
  });

  addEventListener("pageshow", (event) => {
    if (event.persisted) nudge();
  });
  setTimeout(nudge, 200); // htmx has read the page by then
})();
