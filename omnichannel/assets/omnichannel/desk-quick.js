// Quick replies and slash commands: what / at the start of a text opens, and what choosing does.
// The desk works without this file. What is offered, and filled in, is the server's to say.
(() => {
  "use strict";

  const DELAY_MS = 120;
  const TYPED = /^\/[^\n]{0,99}$/;
  const SLUG = /\{\s*\w{1,40}\s*\{\s*(?:customer|agent)\s*\}\s*\}/i;
  const $ = (id) => document.getElementById(id);
  const panel = $("quick");
  if (!panel) return;

  let area = null; // the box that gets what is chosen
  let isShut = false; // closed with Escape: what begins with / is meant as text
  let timer = 0;

  const isOpen = () => !panel.hidden;
  const isTyped = () => Boolean(panel.querySelector(".is-typed"));
  const options = () => [...panel.querySelectorAll("[role=option]")];
  const chosen = () => panel.querySelector('[aria-selected="true"]');
  const box = (kind) => $(`${kind}-text`);

  // --- opening and closing ------------------------------------------------------------------------

  function load(find, { tab = "", focus = false } = {}) {
    const query = new URLSearchParams({ find, tab });
    const ask = { source: panel, target: panel, swap: "innerHTML" };
    return window.htmx.ajax("GET", `${panel.dataset.address}?${query}`, ask).then(() => {
      if (focus) $("quick-find")?.focus();
    });
  }
  function open() {
    area = box($("write-note")?.checked ? "note" : "reply") ?? box("reply") ?? box("note");
    load("", { focus: true });
  }
  function close() {
    clearTimeout(timer);
    panel.hidden = true;
    panel.replaceChildren();
    for (const name of ["aria-activedescendant", "aria-controls", "aria-autocomplete"]) area?.removeAttribute(name);
  }

  document.addEventListener("input", (event) => {
    const typed = event.target.closest("textarea[data-draft]");
    if (!typed) return;
    if (!TYPED.test(typed.value)) {
      isShut = false;
      if (isOpen()) close();
      clearTimeout(timer);
      return;
    }
    if (isShut) return;
    area = typed;
    clearTimeout(timer);
    timer = setTimeout(() => load(typed.value), DELAY_MS);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!panel.contains(event.target)) return;
    if (isTypedTooLate()) return close();
    panel.hidden = false;
    select(options()[0]);
    const count = panel.querySelectorAll("[role=option]").length;
    $("announce").textContent = $("quick-nothing")?.textContent ?? `${count} to choose from`;
  });
  // The answer to what does not stand there any more.
  const isTypedTooLate = () => isTyped() && !(area?.isConnected && TYPED.test(area.value));

  // Without a script another button stands in its place.
  function showButton() {
    if ($("quick-open")) $("quick-open").hidden = false;
  }
  document.addEventListener("desk:swapped", showButton);
  showButton();

  // --- choosing -----------------------------------------------------------------------------------

  function select(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    const owner = isTyped() ? area : $("quick-find");
    owner.setAttribute("aria-activedescendant", option.id);
    owner.setAttribute("aria-controls", "quick-list");
    owner.setAttribute("aria-autocomplete", "list");
  }
  function step(by) {
    const all = options();
    if (all.length) select(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
  }
  function choose(option) {
    const words = isTyped() ? area.value : null;
    const text = option.querySelector(".text")?.textContent;
    close();
    if (option.dataset.command) run(option.dataset.command, words ?? "");
    else insert(text, words !== null);
  }
  function write(into, text) {
    into.value = text;
    into.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function insert(text, instead) {
    if (!area?.isConnected) area = box("reply");
    area.focus();
    if (instead) area.value = "";
    const start = area.selectionStart;
    area.setRangeText(text, start, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    const left = SLUG.exec(text);
    if (left) area.setSelectionRange(start + left.index, start + left.index + left[0].length);
  }

  function to(kind, rest) {
    $(`write-${kind}`).checked = true;
    $(`write-${kind}`).dispatchEvent(new Event("change", { bubbles: true }));
    const into = box(kind);
    into.focus();
    if (rest) write(into, into.value ? `${into.value}\n${rest}` : rest);
  }
  function reveal(id) {
    $(id).open = true;
    $(id).querySelector("select, button")?.focus();
  }
  const DO = {
    p: (rest) => to("reply", rest),
    i: (rest) => to("note", rest),
    q: open,
    tq: () => reveal("transfer"),
    end: () => document.querySelector('#commands form[action$="/end/"]').requestSubmit(),
    close: () => reveal("close"),
  };
  function run(command, words) {
    if (area?.isConnected && words) write(area, "");
    DO[command](words.replace(/^\/\w*\s*/, ""));
  }

  // --- keys and clicks ----------------------------------------------------------------------------

  // Before the composer's own keys, and those of the desk.
  document.addEventListener(
    "keydown",
    (event) => {
      if (!isOpen() || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target !== area && !panel.contains(event.target)) return;
      const own = {
        ArrowDown: () => step(1),
        ArrowUp: () => step(-1),
        Enter: () => choose(document.activeElement.closest("[role=option]") ?? chosen()),
        Escape: () => {
          isShut = isTyped();
          close();
          area?.focus();
        },
      }[event.key];
      const isOnButton = event.target.closest("button:not([role=option]), a");
      if (!own || (event.key === "Enter" && (event.shiftKey || isOnButton))) return;
      // Nothing to choose: Enter is a new line, and nothing at all in the search field.
      if (event.key === "Enter" && !chosen() && event.target === area) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key !== "Enter" || chosen()) own();
    },
    true,
  );
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.id === "quick-open") {
      event.preventDefault();
      if (isOpen()) close();
      else open();
      return;
    }
    if (!isOpen()) return;
    if (!panel.contains(event.target)) return close();
    if (!button) return;
    event.preventDefault();
    if (button.matches("[role=option]")) choose(button);
    else if (button.name === "tab") load($("quick-find").value, { tab: button.value, focus: true });
    else {
      close();
      area?.focus();
    }
  });
})();
