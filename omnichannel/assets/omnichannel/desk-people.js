// People at a conversation: colleagues are told that one has it open and is typing; the customer's pane can be
// folded away. The desk works without this file.
(() => {
  "use strict";

  // As conversations/viewing.py counts on.
  const SIGN_MS = 15000;
  const TYPING_MS = 5000;
  const RESTED_MS = 9000;
  const thread = document.querySelector(".thread[data-here]");
  if (!thread) return;

  // --- signs of life ------------------------------------------------------------------------------

  let isGone = false;
  let typedAt = 0;
  let rest = null;
  let stays = false;

  function letter(word) {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    if (word) body.append(word, "1");
    return body;
  }
  async function sign(word) {
    if (isGone || document.visibilityState !== "visible" || !navigator.onLine) return;
    try {
      const answer = await fetch(thread.dataset.here, { method: "POST", body: letter(word), redirect: "manual" });
      // Logged out, or no longer theirs to see: the feed says so.
      isGone = answer.status !== 204;
    } catch {
      // The next sign may get through.
    }
  }
  setInterval(() => sign(), SIGN_MS);
  document.addEventListener("visibilitychange", () => sign());
  document.addEventListener("input", (event) => {
    if (!event.target.closest?.(".compose textarea")) return;
    clearTimeout(rest);
    rest = setTimeout(() => sign(), RESTED_MS);
    if (Date.now() - typedAt < TYPING_MS) return;
    typedAt = Date.now();
    sign("typing");
  });
  // A form that is sent comes back to this conversation, most of the time.
  document.addEventListener("submit", () => (stays = true));
  addEventListener("pagehide", () => {
    if (!stays && !isGone) navigator.sendBeacon(thread.dataset.here, letter("left"));
  });
  addEventListener("pageshow", () => {
    stays = false;
    sign();
  });

  // --- a note that was begun stays, until it is saved -----------------------------------------------

  const key = `contact-note:${thread.dataset.user}:${thread.dataset.conversation}`;
  const noteBox = () => document.getElementById("contact-note-text");

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }
  function keep(note) {
    try {
      if (note) localStorage.setItem(key, JSON.stringify(note));
      else localStorage.removeItem(key);
    } catch {
      // A full or forbidden store costs the note that was begun, not the desk.
    }
  }
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (box.id !== "contact-note-text") return;
    keep(box.value.trim() ? { form: box.form.elements.form_id.value, text: box.value } : null);
  });
  const begun = kept();
  if (begun && begun.form === thread.dataset.lastSent) keep(null);
  else if (begun && noteBox() && !noteBox().value.trim()) noteBox().value = begun.text;

  // --- the customer's pane ------------------------------------------------------------------------

  const toggle = document.getElementById("customer-toggle");
  const YEAR_S = 31536000;

  function show(isOpen) {
    document.body.classList.toggle("customer-closed", !isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    document.cookie = `desk_customer=${isOpen ? "open" : "closed"}; path=/desk/; max-age=${YEAR_S}; samesite=lax`;
  }
  toggle.hidden = false;
  toggle.addEventListener("click", () => show(document.body.classList.contains("customer-closed")));
})();
