// Routing rules: what only makes pages that work without it quicker to use.
"use strict";

// --- the builder of conditions ---------------------------------------------------------------------------
// The server draws the rows, with and without this; here the page is only spared a reload.

async function drawnAgain(form, name, value) {
  const body = new FormData(form);
  body.append(name, value);
  const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-conditions] button[type=submit]");
  if (!button) return;
  event.preventDefault();
  const builder = button.closest("[data-conditions]");
  builder.setAttribute("aria-busy", "true");
  try {
    const page = await drawnAgain(button.form, button.name, button.value);
    const fresh = page.getElementById(builder.id);
    builder.replaceWith(fresh);
    (fresh.querySelector("[autofocus]") || fresh.querySelector("select")).focus();
  } catch {
    button.form.requestSubmit(button); // the long way
  }
});

let typing = 0;
document.addEventListener("input", (event) => {
  const builder = event.target.closest("[data-conditions]");
  if (!builder) return;
  clearTimeout(typing);
  const turn = (typing = setTimeout(async () => {
    const form = event.target.form;
    try {
      const page = await drawnAgain(form, `${builder.dataset.conditions}-do`, "refresh:");
      if (turn === typing) builder.querySelector("[data-said]").replaceWith(page.querySelector("[data-said]"));
    } catch { /* the sentence follows with the next key or on Save */ }
  }, 400));
});

// --- the order of rules: by dragging, and with the buttons ---------------------------------------------------
// On a page of its own each move is stored at once; in the work stream's form it changes the numbers beside the
// rules, which can be typed without this, and Save stores them.

document.documentElement.classList.add("scripted");

const idsIn = (panel) => [...panel.querySelectorAll("[data-rule]")].map((row) => row.dataset.rule);

async function storeOrder(panel, seen, said, focusId) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.append("order", idsIn(panel).join(","));
  body.append("seen", seen.join(","));
  let answer = null;
  try {
    const headers = { "X-Requested-With": "fetch" };
    const response = await fetch(panel.dataset.order, { method: "POST", body, headers });
    answer = response.ok || response.status === 409 ? await response.json() : null;
    if (response.status === 409) said = answer.said;
  } catch { /* no answer: told below */ }
  if (!answer) {
    putInOrder(panel, seen);
    said = "The new order could not be stored. Load the page again, and try once more.";
  } else {
    const holder = document.createElement("template");
    holder.innerHTML = answer.html;
    const fresh = holder.content.firstElementChild;
    panel.replaceWith(fresh);
    panel = fresh;
  }
  const again = focusId && document.getElementById(focusId);
  if (again) again.focus();
  // A live region speaks of what changes while it stands on the page.
  setTimeout(() => {
    const region = panel.querySelector("[data-announce]");
    region.textContent = said;
    region.classList.toggle("visually-hidden", Boolean(answer) && !said.includes("meanwhile"));
  }, 50);
}

function putInOrder(panel, ids) {
  const list = panel.querySelector("ol.rule-list");
  for (const id of ids) list.append(list.querySelector(`[data-rule="${id}"]`));
}

// What was moved: stored, or kept in the form until Save.
function settle(panel, seen, row, focusId) {
  const said = placeOf(panel, row);
  if ("order" in panel.dataset) storeOrder(panel, seen, said, focusId);
  else keepInForm(panel, said);
}

function keepInForm(panel, said) {
  const ids = idsIn(panel);
  const rows = [...panel.querySelectorAll("[data-rule]")];
  rows.forEach((row, at) => {
    row.querySelector("[data-place]").value = at + 1;
    markEnd(row.querySelector('[data-move="-1"]'), at === 0);
    markEnd(row.querySelector('[data-move="1"]'), at === rows.length - 1);
  });
  const isMoved = ids.join() !== panel.querySelector("input[name$='-seen']").value;
  panel.querySelector("[data-unsaved]").hidden = !isMoved;
  panel.querySelector("[data-announce]").textContent = isMoved ? `${said} Order not saved yet.` : said;
  rows[0].querySelector("[data-place]").dispatchEvent(new Event("input", { bubbles: true }));
}

function markEnd(button, isEnd) {
  if (isEnd) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-sorted] [data-place]");
  if (!field || !/^[0-9]+$/.test(field.value)) return;
  const panel = field.closest("[data-sorted]");
  const row = field.closest("[data-rule]");
  const others = [...panel.querySelectorAll("[data-rule]")].filter((one) => one !== row);
  const wanted = Number(field.value);
  if (wanted < 1 || wanted > others.length + 1) return; // the form says so on Save
  const hasFocus = document.activeElement === field;
  if (wanted > others.length) others.at(-1)?.after(row);
  else others[wanted - 1].before(row);
  settle(panel, [], row, "");
  if (hasFocus) field.focus();
});

const placeOf = (panel, row) => `${row.dataset.name} is now number ${idsIn(panel).indexOf(row.dataset.rule) + 1}.`;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sorted] [data-move]");
  if (!button) return;
  event.preventDefault();
  const panel = button.closest("[data-sorted]");
  const row = button.closest("[data-rule]");
  const seen = idsIn(panel);
  const other = button.dataset.move === "1" ? row.nextElementSibling : row.previousElementSibling;
  if (!other) return;
  if (button.dataset.move === "1") other.after(row);
  else other.before(row);
  settle(panel, seen, row, button.id);
  button.focus();
});

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-sorted] [data-drag]");
  if (!handle || event.button !== 0) return;
  event.preventDefault();
  const panel = handle.closest("[data-sorted]");
  const row = handle.closest("[data-rule]");
  const seen = idsIn(panel);
  row.classList.add("is-dragged");
  const move = (at) => {
    const under = [...panel.querySelectorAll("[data-rule]")].find((one) => {
      const box = one.getBoundingClientRect();
      return one !== row && at.clientY >= box.top && at.clientY <= box.bottom;
    });
    if (!under) return;
    const box = under.getBoundingClientRect();
    if (at.clientY < box.top + box.height / 2) under.before(row);
    else under.after(row);
  };
  const stop = (isDropped) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape);
    row.classList.remove("is-dragged");
    if (!isDropped) putInOrder(panel, seen);
    else if (idsIn(panel).join() !== seen.join()) settle(panel, seen, row, "");
  };
  const drop = () => stop(true);
  const cancel = () => stop(false);
  const escape = (key) => { if (key.key === "Escape") cancel(); };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape);
});
