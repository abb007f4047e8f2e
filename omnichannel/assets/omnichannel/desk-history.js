// Reading back: earlier messages come in above while one scrolls up, and links to a message stay on the page
// when it is there. The thread hangs upside down, so what comes in above moves nothing. The desk works
// without this file.
(() => {
  "use strict";

  const NEAR_TOP_PX = 240;
  const $ = (id) => document.getElementById(id);
  const scroll = $("scroll");
  if (!scroll) return;

  // --- earlier messages, when the top is near ------------------------------------------------------

  function look() {
    const fromTop = scroll.scrollHeight - scroll.clientHeight + scroll.scrollTop;
    if (fromTop < NEAR_TOP_PX && $("older") && window.htmx) window.htmx.trigger($("older"), "older");
  }
  scroll.addEventListener("scroll", look, { passive: true });

  // The feed tells of changes of whatever is shown, and that now begins earlier.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "feed") return;
    const first = document.querySelector("#messages > [data-seq]:not(.past)");
    if (first) event.detail.parameters.first = first.dataset.seq;
  });

  // --- links to a message, and to the reason -------------------------------------------------------

  const opens = (details) => {
    if (details?.tagName === "DETAILS") details.open = true;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".thread a[href*='#']");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const hash = new URL(link.href).hash;
    const there = hash.length > 1 ? $(hash.slice(1)) : null;
    if (!there || (!hash.startsWith("#m-") && link.getAttribute("href") !== "#why")) return;
    event.preventDefault();
    // A message's link is kept in the address, so that it can be copied from there.
    if (hash.startsWith("#m-")) history.replaceState(null, "", link.href);
    opens(there);
    location.replace(hash);
  });
  opens($(location.hash.slice(1)));
})();
