// The administration: what only makes pages that work without it quicker to use.
"use strict";

// --- copying a value ---------------------------------------------------------------------------------

function offerCopying(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const before = button.innerHTML;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it and copy";
  }
  setTimeout(() => { button.innerHTML = before; }, 2000);
});

// --- tabs: sections that stand one below the other without this ----------------------------------------

function makeTabs(frame) {
  const panels = [...frame.querySelectorAll(":scope > [data-tab]")];
  const list = document.createElement("div");
  list.className = "tab-list";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", frame.dataset.tabs);
  const tabs = panels.map((panel) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${panel.id}`;
    tab.textContent = panel.dataset.tab;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    const errors = panel.querySelectorAll(".errorlist li").length;
    if (errors) {
      const count = document.createElement("span");
      count.className = "chip bad";
      count.textContent = errors === 1 ? "1 error" : `${errors} errors`;
      tab.append(" ", count);
      tab.dataset.errors = errors;
    }
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => open(tab, true));
    list.append(tab);
    return tab;
  });
  const open = (chosen, isChoice) => {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      panels[i].hidden = tab !== chosen;
    });
    // The address names the tab, so that a reload or a link opens it again.
    if (isChoice) history.replaceState(null, "", `#${panels[tabs.indexOf(chosen)].id}`);
    const form = frame.closest("form");
    if (form) form.action = location.pathname + location.search + location.hash;
    // Buttons outside the form lead back to the tab as well: a redirect keeps what stands behind the #.
    for (const other of document.querySelectorAll("form[data-keeps-tab]")) {
      other.action = other.action.split("#")[0] + location.hash;
    }
  };
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length }[event.key];
    if (!step) return;
    const offered = tabs.filter((tab) => !tab.hidden);
    const at = offered.indexOf(document.activeElement) + step;
    const last = offered.length - 1;
    const next = Math.abs(step) === 1 ? (at + offered.length) % offered.length : Math.min(Math.max(at, 0), last);
    open(offered[next], true);
    offered[next].focus();
    event.preventDefault();
  });
  // What belongs to one channel is offered while that channel is chosen.
  const channel = frame.querySelector("select[name=channel]");
  const offer = () => tabs.forEach((tab, i) => {
    const only = panels[i].dataset.channel;
    tab.hidden = Boolean(channel && only && only !== channel.value);
  });
  if (channel) channel.addEventListener("change", offer);
  offer();
  frame.prepend(list);
  frame.classList.add("is-tabbed");
  const wanted = () => tabs[panels.findIndex((panel) => `#${panel.id}` === location.hash)];
  open(tabs.find((tab) => tab.dataset.errors) || wanted() || tabs[0], false);
  window.addEventListener("hashchange", () => wanted() && open(wanted(), false));
  // A field that the browser itself refuses must be seen to be mended.
  frame.addEventListener("invalid", (event) => {
    const panel = panels.find((one) => one.contains(event.target));
    if (panel && panel.hidden) open(tabs[panels.indexOf(panel)], true);
  }, true);
}

// --- the header: "/" goes to the search field, the arrows through what was found -------------------------

const searchField = document.getElementById("site-search-field");

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && searchField && !event.ctrlKey && !event.metaKey && !event.altKey) {
    searchField.focus();
    searchField.select();
    event.preventDefault();
  }
  if (event.key === "Escape") closeDrops(null, true);
  const hits = [...document.querySelectorAll(".hits a")];
  const at = hits.indexOf(event.target);
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && hits.length && (at >= 0 || event.target === searchField)) {
    const to = event.key === "ArrowDown" ? at + 1 : at - 1;
    (hits[Math.min(to, hits.length - 1)] || searchField).focus();
    event.preventDefault();
  }
});

function closeDrops(except, givesFocusBack) {
  for (const drop of document.querySelectorAll("details.drop[open]")) {
    if (drop === except) continue;
    if (givesFocusBack && drop.contains(document.activeElement)) drop.querySelector("summary").focus();
    drop.open = false;
  }
}

document.addEventListener("click", (event) => closeDrops(event.target.closest("details.drop"), false));

// --- an empty form that waits behind a button -----------------------------------------------------------

function putAway(part) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = part.dataset.reveal;
  part.hidden = true;
  part.before(button);
  button.addEventListener("click", () => {
    part.hidden = false;
    button.remove();
    part.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
}

// --- a form for several providers: only the fields of the chosen one ------------------------------------

function showChosen(select) {
  const byProvider = JSON.parse(select.dataset.providers);
  const form = select.closest("form");
  const rowsOf = (name) => [...form.querySelectorAll(`.form-row.field-${name}`)];
  const every = new Set(Object.values(byProvider).flat());
  const show = () => {
    const mine = new Set(byProvider[select.value]);
    for (const name of every) for (const row of rowsOf(name)) row.hidden = !mine.has(name);
    // A section of which nothing is left says nothing.
    for (const part of new Set([...every].flatMap(rowsOf).map((row) => row.closest("fieldset")))) {
      part.hidden = [...part.querySelectorAll(".form-row")].every((row) => row.hidden || row.matches(".hidden"));
    }
  };
  select.addEventListener("change", show);
  show();
}

// --- leaving a form that was changed --------------------------------------------------------------------

function guard(form) {
  let isChanged = form.querySelector(".errorlist") !== null;
  form.addEventListener("input", () => { isChanged = true; });
  form.addEventListener("submit", () => { isChanged = false; });
  window.addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });
}

// --- a refused save: the focus goes to what is to be mended first --------------------------------------------

function toFirstError() {
  const isShown = (one) => one.offsetParent !== null;
  const lists = [...document.querySelectorAll("#content .changed-meanwhile, #content .errorlist")].filter(isShown);
  const first = lists.find((list) => list.children.length) || document.querySelector("#content .errornote, #content .problems");
  if (!first) return;
  const around = first.classList.contains("nonfield") ? null : first.closest(".field, td, .form-row");
  const fields = around ? [...around.querySelectorAll("input, select, textarea")] : [];
  const field = fields.find((one) => one.getAttribute("aria-invalid") && isShown(one)) || fields.find((one) => isShown(one) && !one.disabled);
  if (!field) first.tabIndex = -1;
  (field || first).focus();
}

// After Django's own script, which gives a new record's first field the focus.
window.addEventListener("load", toFirstError);

// --- messages: each stays in the page's list until dismissed; a copy floats for a while --------------------

const TOASTS_AT_MOST = 3, TOAST_MS = 6000;

function floatMessages(list) {
  const tray = document.createElement("div");
  tray.className = "toasts";
  // The list itself is the status that is read out; the copies are for the eye and the mouse alone.
  tray.setAttribute("aria-hidden", "true");
  const items = [...list.children];
  for (const item of items) {
    const isShown = items.indexOf(item) < TOASTS_AT_MOST;
    const toast = isShown ? tray.appendChild(document.createElement("div")) : null;
    const leave = () => toast?.remove();
    if (toast) {
      toast.className = `toast ${item.className}`;
      toast.append(...[...item.childNodes].map((node) => node.cloneNode(true)));
      toast.querySelectorAll("a, button").forEach((one) => { one.tabIndex = -1; });
      toast.addEventListener("click", leave);
      if (!item.matches(".error, .warning")) setTimeout(leave, TOAST_MS);
    }
    const dismiss = document.createElement("button");
    dismiss.type = "button";
    dismiss.className = "dismiss";
    dismiss.setAttribute("aria-label", `Dismiss: ${item.textContent.trim().slice(0, 60)}`);
    dismiss.addEventListener("click", () => {
      leave();
      const next = item.nextElementSibling || item.previousElementSibling;
      item.remove();
      (next?.querySelector(".dismiss") || document.getElementById("content-start"))?.focus();
      if (!list.children.length) list.remove();
    });
    item.append(dismiss);
  }
  document.body.append(tray);
}

document.querySelectorAll("ul.messagelist").forEach(floatMessages);

// --- what Django's own scripts draw without a name ---------------------------------------------------------

function nameWidgets() {
  for (const box of document.querySelectorAll(".select2-container")) {
    const name = box.parentElement.closest(".field, td, .form-row")?.querySelector("label")?.textContent.trim();
    if (name) for (const part of box.querySelectorAll(".select2-selection, [role=textbox]")) part.setAttribute("aria-label", name);
    box.querySelector(".select2-selection")?.removeAttribute("aria-labelledby");
  }
  for (const icon of document.querySelectorAll(".selector .help-tooltip[aria-label]")) icon.setAttribute("role", "img");
}

window.addEventListener("load", () => setTimeout(nameWidgets));
document.addEventListener("formset:added", () => setTimeout(nameWidgets));

// --- on a phone, many filters are folded ------------------------------------------------------------------

const FILTERS_HIGH_PX = 150;
const fold = document.querySelector(".filters-fold");
if (fold && matchMedia("(max-width: 767px)").matches && fold.dataset.active === undefined && fold.offsetHeight > FILTERS_HIGH_PX) fold.open = false;

offerCopying(document);
document.querySelectorAll("[data-reveal]:not([data-revealed])").forEach(putAway);
document.querySelectorAll("select[data-providers]").forEach(showChosen);
document.querySelectorAll("[data-tabs]").forEach(makeTabs);
document.querySelectorAll("form:has([data-guarded])").forEach(guard);

// --- progress of what a worker does: the page is asked for again when it has ended ----------------------

async function follow(box) {
  let told;
  try {
    const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    told = await answer.json();
  } catch {
    setTimeout(() => follow(box), 5000);
    return;
  }
  if (told.state !== "running") return location.reload();
  for (const place of box.querySelectorAll("[data-figure]")) place.textContent = told[place.dataset.figure];
  const bar = box.querySelector("progress");
  if (bar) bar.value = told.position;
  setTimeout(() => follow(box), 1000);
}

document.querySelectorAll("[data-progress]").forEach(follow);

// --- forms that ask a provider: seconds may pass, so the button says so and is not pressed twice ---------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.busy || event.defaultPrevented) return;
  if (form.getAttribute("aria-busy")) return event.preventDefault();
  form.setAttribute("aria-busy", "true");
  const button = event.submitter || form.querySelector("button");
  // Once the browser has taken its value: a disabled button's is not sent.
  setTimeout(() => {
    button.dataset.words = button.innerHTML;
    button.textContent = form.dataset.busy;
    button.disabled = true;
  });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-busy]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.getAttribute("aria-busy")) return event.preventDefault();
  link.setAttribute("aria-busy", "true");
  link.dataset.words = link.innerHTML;
  link.textContent = link.dataset.busy;
});

// The way back shows the page as it was left.
window.addEventListener("pageshow", () => {
  for (const busy of document.querySelectorAll("[data-busy][aria-busy]")) busy.removeAttribute("aria-busy");
  for (const one of document.querySelectorAll("[data-words]")) {
    one.innerHTML = one.dataset.words;
    one.disabled = false;
    delete one.dataset.words;
  }
});
