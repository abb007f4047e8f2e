// News come in by themselves: when to ask, what an answer must not disturb, and a word for the connection.
// The desk works without this file; it never touches what is being typed. After each answer that changed
// something, `desk:swapped` is sent to the document.
(() => {
  "use strict";

  const POLL_MS = 1500; // without nudges: how often a page asks that is looked at,
  const IDLE_MS = 5000; // one that was not touched for a while,
  const HIDDEN_MS = 20000; // and one in the background.
  const LIVE_MS = 30000; // with nudges: for what changes by the clock alone
  const LOST_MS = 20000; // nudges there should be and are not
  const TOUCHED_MS = 120000;
  const SILENT_MS = 45000; // a stream says something every 20 s
  const AT_END_PX = 60;
  const $ = (id) => document.getElementById(id);
  const isHidden = () => document.visibilityState === "hidden";
  // Somebody wants to be called from a page in the background.
  const isCalled = () => ["titleBadge", "sound", "notifications"].some((key) => key in ($("live")?.dataset ?? {}));

  // --- the state of the connection, in a word ---------------------------------------------------

  const WORDS = {
    live: "● live",
    lost: "refreshing every 20 s",
    offline: "offline (your text is kept)",
    gone: "No longer yours to see (your text is kept)",
  };
  let state = "";

  function say(word) {
    const live = $("live");
    if (!live || state === word) return;
    state = word;
    live.dataset.state = word === "logged-out" ? "gone" : word;
    live.textContent = WORDS[word] ?? "";
    if (word !== "logged-out") return;
    const link = document.createElement("a");
    link.href = "/login/?next=" + encodeURIComponent(location.pathname + location.search);
    link.textContent = "log in again";
    live.replaceChildren("You were logged out: ", link, " (your text is kept)");
  }
  // Logged out, or no longer allowed: asked again when somebody comes back to the page, not all the time.
  const isShut = () => state === "gone" || state === "logged-out";

  // --- asking for news: one question at a time, none of them lost ---------------------------------

  let timer = null;
  let due = Infinity;
  let isAsking = false;
  let isAskedAgain = false;
  let isGivenUp = false;
  let asked = 0;
  let ended = 0;
  let took = 0;
  let failures = 0;
  let touched = Date.now();

  // Ask in so many milliseconds, or earlier if that was agreed already. A slow server is asked less often.
  function ask(inMs) {
    const at = Math.max(Date.now() + inMs, ended + 3 * took);
    if (at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(fire, at - Date.now());
  }
  function fire() {
    due = Infinity;
    if (isAsking) isAskedAgain = true;
    else if ($("feed") && window.htmx) window.htmx.trigger($("feed"), "poll");
  }
  function pause() {
    if (failures) return Math.min(LOST_MS, 500 * 2 ** failures);
    if (isStreaming) return LIVE_MS;
    if (wantsStream) return LOST_MS;
    if (isHidden()) return HIDDEN_MS;
    return Date.now() - touched < TOUCHED_MS ? POLL_MS : IDLE_MS;
  }
  // Not all pages at the same moment.
  const about = (ms) => ms * (0.85 + 0.3 * Math.random());

  function rest() {
    if (!isShut() && (!isHidden() || isCalled())) ask(about(pause()));
  }

  // By its address: the answer may have replaced the element, and what comes after is told to its parent.
  const isFeed = ({ detail }) => (detail.requestConfig?.path ?? "").includes("/feed/") || detail.elt?.id === "feed";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isFeed(event)) return;
    isAsking = true;
    asked = Date.now();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isFeed(event)) return;
    isAsking = false;
    ended = Date.now();
    took = Math.min(ended - asked, LOST_MS / 3);
    if (isGivenUp) {
      isGivenUp = false;
      ask(0);
      return;
    }
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    const isGood = status === 200 || status === 204;
    failures = isGood || isShut() ? 0 : Math.min(failures + 1, 8);
    if (isGood) say(wantsStream && !isStreaming && lostAt && ended - lostAt > 3000 ? "lost" : "live");
    else if (status === 401) say("logged-out");
    else if (status === 403 || status === 404) say("gone");
    else say("offline");
    if (isShut()) shut();
    else if (isAskedAgain) ask(0);
    isAskedAgain = false;
    rest();
  });

  // --- nudges: a stream of words that say when to ask ---------------------------------------------

  const address = $("live")?.dataset.stream;
  const wantsStream = Boolean(address && window.EventSource);
  let source = null;
  let isStreaming = false;
  let isConnecting = false;
  let soonMs = POLL_MS;
  let heardAt = 0;
  let lostAt = 0;
  let losses = 0;

  async function connect() {
    if (!wantsStream || source || isConnecting || isShut() || (isHidden() && !isCalled())) return;
    isConnecting = true;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      // Logged out, gone: the feed's answer says so.
      if (answer.status !== 200) throw new Error(`stream: ${answer.status}`);
      const told = await answer.json();
      soonMs = told.soon_ms;
      source = new EventSource(told.address);
      source.onmessage = (event) => heard(event.data);
      source.onerror = lose;
    } catch {
      lose();
    } finally {
      isConnecting = false;
    }
  }
  function heard(word) {
    heardAt = Date.now();
    if (word === "hello") {
      [isStreaming, lostAt, losses] = [true, 0, 0];
      if (state === "lost") say("live");
      ask(about(50)); // what happened before there was somebody to hear it
    } else if (word === "now") ask(isHidden() ? 1000 : 0);
    else if (word === "soon") ask(about(isHidden() ? Math.max(soonMs, HIDDEN_MS / 4) : soonMs));
    else if (word === "again") {
      shut();
      connect();
    }
  }
  function lose() {
    shut();
    lostAt ||= Date.now();
    losses += 1;
    setTimeout(connect, about(Math.min(30000, 500 * 2 ** losses)));
    ask(about(3500)); // by then it is back, or the page says that it is not
  }
  function shut() {
    source?.close();
    [source, isStreaming] = [null, false];
  }

  // --- coming back: from sleep, from another tab, from a tunnel --------------------------------------

  function wake() {
    if (isHidden() && !isCalled()) return;
    if (source && Date.now() - heardAt > SILENT_MS) lose();
    // A question from before the sleep has no answer any more.
    if (isAsking && Date.now() - asked > 5000) {
      isGivenUp = true;
      window.htmx.trigger($("feed"), "htmx:abort");
    }
    took = 0;
    connect();
    ask(0);
  }
  addEventListener("focus", wake);
  addEventListener("online", () => {
    failures = 0;
    wake();
  });
  document.addEventListener("visibilitychange", wake);
  addEventListener("offline", () => say("offline"));
  addEventListener("pagehide", shut);
  addEventListener("pageshow", (event) => {
    if (event.persisted) wake();
  });
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(
      kind,
      () => {
        const wasIdle = Date.now() - touched > TOUCHED_MS;
        touched = Date.now();
        if (wasIdle) rest();
      },
      { passive: true },
    );
  }
  // Timers stand still while the machine sleeps; a clock that jumped tells of it.
  let ticked = Date.now();
  setInterval(() => {
    const slept = Date.now() - ticked;
    ticked = Date.now();
    if (slept > 15000 || (source && heardAt && ticked - heardAt > SILENT_MS)) wake();
    if (!isAsking && due === Infinity) rest();
  }, 5000);

  // --- what a swap must not disturb: open panels, the place in the thread -----------------------

  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isFeed(event)) return;
    const scroll = $("scroll");
    kept = {
      open: [...document.querySelectorAll("details[open][id]")].map((details) => details.id),
      height: scroll ? scroll.scrollHeight : 0,
      top: scroll ? scroll.scrollTop : 0,
      last: $("messages")?.lastElementChild?.dataset.seq,
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
      const hasNew = kept.last && $("messages").lastElementChild.dataset.seq !== kept.last;
      if (hasNew && !isAtEnd) $("to-end").hidden = false;
    }
    kept = null;
    document.dispatchEvent(new CustomEvent("desk:swapped"));
  });

  setTimeout(() => {
    // htmx has read the page by then
    connect();
    if (!wantsStream) ask(0);
    else ask(1500);
  }, 200);
})();
