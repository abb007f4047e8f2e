// What every page of the desk does: panels that close, durations that count on, the page's own address.
// The desk works without this file.
(() => {
  "use strict";

  const AT_END_PX = 60;
  const $ = (id) => document.getElementById(id);

  // --- panels close with Escape, and when one clicks elsewhere ------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const pop = document.querySelector("details.pop[open]");
    if (!pop) return;
    pop.open = false;
    pop.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    for (const pop of document.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
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

  // --- the end of the thread ----------------------------------------------------------------------

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

  // After a refused form the address is the form's; the page is the conversation's.
  const address = document.querySelector(".thread[data-conversation]")?.dataset.address;
  if (address && location.pathname !== address) history.replaceState(null, "", address);
  watchEnd();
})();
