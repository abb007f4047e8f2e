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
