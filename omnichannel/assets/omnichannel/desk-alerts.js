// Calls whoever is not looking: a count in the page's title, a sound, a notification of the browser, each with
// its switch in the desk's preferences. What is new follows from #listed, which the feed sends with the rows.
(() => {
  "use strict";

  const wants = document.getElementById("live")?.dataset ?? {};
  const title = document.title;
  const known = new Map(); // conversation: its last text of the customer that this page was told of
  const news = new Set(); // conversations with texts that came while nobody looked
  const isLooking = () => document.visibilityState === "visible" && document.hasFocus();

  function listed() {
    return [...document.querySelectorAll("#listed > li")].map((item) => ({
      id: item.dataset.id,
      seq: Number(item.dataset.seq),
      name: item.textContent,
      address: item.querySelector("a").href,
    }));
  }

  // Those with a text that was not there before; all of them are known afterwards.
  function fresh() {
    return listed().filter((item) => {
      const isFresh = item.seq > (known.get(item.id) ?? 0);
      if (isFresh) known.set(item.id, item.seq);
      return isFresh;
    });
  }

  function count() {
    document.title = news.size && "titleBadge" in wants ? `(${news.size}) ${title}` : title;
  }

  // Two short tones; a browser that wants a click first stays silent.
  let audio = null;
  function sound() {
    try {
      audio ??= new AudioContext();
      if (audio.state !== "running") audio.resume().catch(() => {});
      for (const [hertz, after] of [[660, 0], [880, 0.12]]) {
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        const at = audio.currentTime + after;
        tone.frequency.value = hertz;
        volume.gain.setValueAtTime(0.08, at);
        volume.gain.exponentialRampToValueAtTime(0.001, at + 0.11);
        tone.connect(volume).connect(audio.destination);
        tone.start(at);
        tone.stop(at + 0.12);
      }
    } catch {
      audio = null;
    }
  }

  // Names only: what customers write is nobody's business who sees the screen.
  function notify(items) {
    if (!window.Notification || Notification.permission !== "granted") return;
    for (const item of items.slice(0, 3)) {
      const shown = new Notification("New text", { body: item.name, tag: `omnichannel-${item.id}` });
      shown.onclick = () => {
        window.focus();
        location.href = item.address;
      };
    }
  }

  document.addEventListener("desk:swapped", () => {
    const items = fresh();
    if (!items.length || isLooking()) return;
    for (const item of items) news.add(item.id);
    count();
    if ("sound" in wants) sound();
    if ("notifications" in wants) notify(items);
  });

  function seen() {
    if (!isLooking()) return;
    news.clear();
    count();
  }
  addEventListener("focus", seen);
  document.addEventListener("visibilitychange", seen);

  // The browser is asked when the switch is set, never by itself.
  document.getElementById("id_notifications")?.addEventListener("change", (event) => {
    const told = document.getElementById("notifications-told");
    if (!event.target.checked || !window.Notification) return;
    Notification.requestPermission().then((answer) => {
      if (told && answer === "denied") told.hidden = false;
    });
  });

  fresh();
})();
