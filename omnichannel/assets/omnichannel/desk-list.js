// The list: what is new never moves the row that somebody points at, its place is kept from page to page, and a
// thread that is shown counts as read. The desk works without this file.
(() => {
  "use strict";

  const AT_TOP_PX = 8;
  const $ = (id) => document.getElementById(id);
  const list = $("rows");
  if (!list) return;

  // --- news of the list ----------------------------------------------------------------------------

  let waiting = null; // the newest rows that were not let in yet

  const hovers = matchMedia("(hover: hover)").matches;
  const isTouched = () => (hovers && list.matches(":hover")) || list.contains(document.activeElement);
  const mayMove = () => list.scrollTop < AT_TOP_PX && !isTouched();
  const rowsOf = (root) => new Map([...root.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target !== list || mayMove()) return;
    event.detail.shouldSwap = false;
    waiting = document.createElement("div");
    waiting.append(...event.detail.fragment.childNodes);
    inPlace();
  });

  // Each row says what is true of it now, where it is; only who comes, goes or moves has to wait.
  function inPlace() {
    const [shown, wanted] = [rowsOf(list), rowsOf(waiting)];
    for (const [id, row] of shown) {
      const fresh = wanted.get(id);
      const isOlder = !fresh && row.compareDocumentPosition(lastOf(wanted, shown) ?? row) & Node.DOCUMENT_POSITION_PRECEDING;
      row.classList.toggle("left", !fresh && !isOlder);
      if (fresh && !row.contains(document.activeElement)) refresh(row, fresh);
    }
    const fresh = [...wanted.keys()].filter((id) => !shown.has(id)).length;
    $("list-news").textContent = fresh ? `${fresh} new – show` : "Changed – show";
    $("list-news").hidden = !fresh && sameOrder([...wanted.keys()], [...shown.keys()]);
  }

  // The last row of the first page that is shown: those below it were loaded when somebody scrolled there.
  function lastOf(wanted, shown) {
    return [...wanted.keys()].reverse().map((id) => shown.get(id)).find(Boolean);
  }

  const sameOrder = (wanted, shown) => wanted.every((id, place) => shown[place] === id);

  function refresh(row, fresh) {
    row.className = fresh.className;
    row.replaceChildren(...[...fresh.childNodes].map((node) => node.cloneNode(true)));
    window.htmx.process(row);
  }

  function show() {
    if (!waiting) return;
    const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
    list.replaceChildren(...waiting.childNodes);
    window.htmx.process(list);
    waiting = null;
    $("list-news").hidden = true;
    if (focused) $(focused)?.focus({ preventScroll: true });
  }

  $("list-news").addEventListener("click", () => {
    show();
    list.scrollTop = 0;
  });
  // Asked a moment later: while the pointer leaves, it still counts as being there.
  const showIfStill = () => setTimeout(() => { if (waiting && mayMove()) show(); }, 50);
  list.addEventListener("pointerleave", showIfStill);
  list.addEventListener("focusout", showIfStill);
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target !== list || !event.detail.shouldSwap) return; // told of held ones as well
    waiting = null;
    $("list-news").hidden = true;
  });

  // --- how long a customer waits, by the rule of rows.waits ------------------------------------------

  function waits(since) {
    const minutes = Math.floor((Date.now() - Date.parse(since)) / 60000);
    if (minutes < 1) return "waits < 1 min";
    if (minutes < 60) return `waits ${minutes} min`;
    return minutes < 48 * 60 ? `waits ${Math.floor(minutes / 60)} h` : `waits ${Math.floor(minutes / 1440)} d`;
  }
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-waits]")) time.textContent = waits(time.dateTime);
  }, 30000);

  // --- the place in the list is kept from page to page ------------------------------------------------

  const place = `desk-list ${list.dataset.list} ${list.dataset.after}`;
  addEventListener("pagehide", () => sessionStorage.setItem(place, String(list.scrollTop)));
  list.scrollTop = Number(sessionStorage.getItem(place)) || 0;
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });

  // --- what is shown counts as read -------------------------------------------------------------------

  let told = "";
  function tellRead() {
    const form = document.querySelector("[data-marks] #read-form");
    if (!form || document.visibilityState !== "visible" || !document.hasFocus()) return;
    const seq = form.elements.seq.value;
    if (seq === told || !window.htmx) return;
    told = seq;
    window.htmx.trigger(form, "read");
  }
  // The badge goes at once, not with the next news.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt?.id === "read-form" && event.detail.successful) window.htmx.trigger($("feed"), "poll");
  });
  document.addEventListener("htmx:load", tellRead, { once: true });
  document.addEventListener("desk:swapped", tellRead);
  document.addEventListener("visibilitychange", tellRead);
  addEventListener("focus", tellRead);
})();
