// Keeps the thread up to date and sends without loading the page again. The page works without it.
"use strict";

const thread = document.getElementById("thread");
const form = document.querySelector(".compose");
const box = document.getElementById("body");
const files = document.getElementById("file");
const chosen = document.getElementById("chosen");
const connection = document.getElementById("connection");
const receipts = document.getElementById("receipts");
const pair = { me: thread.dataset.me, to: thread.dataset.to };
const address = "/thread?" + new URLSearchParams(pair);

// Whether what is said is that nobody answers: it goes away by itself.
let isLost = false;

function say(problem, { lost = false } = {}) {
  isLost = lost;
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
    if (isLost) say("");
  } catch {
    say("The simulator does not answer. Your text is kept; trying again.", { lost: true });
  }
}

// Who looks at the page reads what is in it.
async function markAsRead() {
  if (!receipts || !receipts.checked || !thread.querySelector("[data-unread]")) return;
  try {
    await fetch("/read", { method: "POST", body: new URLSearchParams(pair) });
  } catch {
    // The next round tries again.
  }
}

async function poll() {
  if (!document.hidden) {
    await refresh();
    await markAsRead();
  }
  setTimeout(poll, 1000);
}

// The page that a refused form gets has the sentence that says what to do.
function problemOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.getElementById("problem")?.textContent || "Not sent. Check your number and the text.";
}

function clear() {
  const kept = form.elements.profile_name?.value;
  form.reset();
  box.value = "";
  form.querySelectorAll(".panel input:not([type=checkbox]), .panel select").forEach((field) => (field.value = ""));
  if (kept) form.elements.profile_name.value = kept;
  form.querySelector(".attach").open = false;
  form.querySelector(".answering")?.remove();
  form.elements.reply_to?.remove();
  tellFiles();
}

async function post(target, body) {
  const answer = await fetch(target, { method: "POST", body });
  if (!answer.ok) {
    say(problemOf(await answer.text()));
    return false;
  }
  say("");
  await refresh();
  return true;
}

async function send(event) {
  event.preventDefault();
  const button = form.querySelector("button.primary");
  button.disabled = true;
  try {
    if (await post(form.action, new FormData(form))) clear();
  } catch {
    say("Not sent: the simulator does not answer. Your text is kept.");
  } finally {
    button.disabled = false;
    box.focus();
  }
}

async function press(event) {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  body.set("profile_name", form.elements.profile_name?.value || "");
  try {
    await post(event.target.action, body);
  } catch {
    say("Not done: the simulator does not answer.");
  }
}

function tellFiles() {
  const names = files ? [...files.files].map((file) => file.name) : [];
  chosen.textContent = names.length ? `With it: ${names.join(", ")}` : "";
  chosen.hidden = !names.length;
}

function take(list) {
  if (!files || !list.length) return false;
  files.files = list;
  tellFiles();
  return true;
}

if (receipts) {
  receipts.checked = localStorage.getItem("receipts") !== "off";
  receipts.addEventListener("change", () => localStorage.setItem("receipts", receipts.checked ? "on" : "off"));
}
form.addEventListener("submit", send);
thread.addEventListener("submit", press);
files?.addEventListener("change", tellFiles);
box.addEventListener("paste", (event) => {
  if (take(event.clipboardData.files)) event.preventDefault();
});
form.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  take(event.dataTransfer.files);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
setTimeout(poll, 1000);
