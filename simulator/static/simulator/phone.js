// Keeps the thread up to date and sends without loading the page again. The page works without it.
"use strict";

const thread = document.getElementById("thread");
const form = document.querySelector(".compose");
const box = document.getElementById("body");
const connection = document.getElementById("connection");
const address = "/thread?" + new URLSearchParams({ me: thread.dataset.me, to: thread.dataset.to });

function say(problem) {
  connection.textContent = problem;
  connection.hidden = !problem;
}

// Only what changed is touched, so that a screen reader hears new texts and not the whole thread.
function update(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const wanted = [...fresh.content.children];
  const ids = new Set(wanted.map((item) => item.id));
  [...thread.children].filter((item) => !ids.has(item.id)).forEach((item) => item.remove());
  wanted.forEach((item, place) => {
    const shown = thread.children[place];
    if (!shown || shown.id !== item.id) thread.insertBefore(item, shown || null);
    else if (shown.outerHTML !== item.outerHTML) shown.replaceWith(item);
  });
}

async function refresh() {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    update(await answer.text());
    say("");
  } catch {
    say("The simulator does not answer. Your text is kept; trying again.");
  }
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, 1000);
}

async function send(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.ok) box.value = "";
    else say("Not sent. Check your number and the text.");
    if (answer.ok) await refresh();
  } catch {
    say("Not sent: the simulator does not answer. Your text is kept.");
  } finally {
    button.disabled = false;
    box.focus();
  }
}

form.addEventListener("submit", send);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
setTimeout(poll, 1000);
