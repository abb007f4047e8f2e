// What a text comes to: characters, and for SMS its encoding and segments, by the tables of the server
// (omnichannel/lib/segments.py). And how long what was sent can be taken back. The desk works without this file.
(() => {
  "use strict";

  const MANY = 4;
  const $ = (id) => document.getElementById(id);
  const number = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // --- the meter ----------------------------------------------------------------------------------

  const known = new Map();
  function tablesOf(area) {
    const text = area.dataset.meter;
    if (!known.has(text)) {
      const said = JSON.parse(text);
      known.set(text, { ...said, basic: new Set(said.basic), extended: new Set(said.extended) });
    }
    return known.get(text);
  }
  const isUsual = (letter, tables) => tables.basic.has(letter) || tables.extended.has(letter);

  function segments(letters, tables) {
    const isGsm = letters.every((letter) => isUsual(letter, tables));
    const widths = letters.map((letter) => (isGsm ? (tables.extended.has(letter) ? 2 : 1) : letter.length));
    const [whole, part] = isGsm ? tables.gsm : tables.ucs2;
    if (widths.reduce((sum, width) => sum + width, 0) <= whole) return 1;
    let count = 1, used = 0;
    for (const width of widths) {
      if (used + width > part) [count, used] = [count + 1, 0];
      used += width;
    }
    return count;
  }

  const shown = (letter) => (letter.trim() ? `“${letter}”` : `a special blank (U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")})`);
  const plain = (text, tables) => [...text].map((letter) => tables.instead[letter] ?? letter).join("");

  function measure(area) {
    const meter = area.form.querySelector(".meter");
    const limit = Number(area.dataset.limit);
    if (!limit || !meter) return;
    const letters = [...area.value];
    const over = letters.length - limit;
    const words = [over > 0 ? `${over} of ${letters.length} characters too many` : `${letters.length} of ${limit} characters`];
    let isCostly = false;
    const button = $("reply-plain");
    button.hidden = true;
    if (area.dataset.meter && letters.length) {
      const tables = tablesOf(area);
      const count = segments(letters, tables);
      const unusual = [...new Set(letters.filter((letter) => !isUsual(letter, tables)))];
      words.push(unusual.length ? "UCS-2" : "GSM-7", number(count, "segment"));
      const instead = [...plain(area.value, tables)];
      const fewer = segments(instead, tables);
      if (unusual.length && fewer < count) {
        const named = unusual.length > 2 ? `${shown(unusual[0])} and ${unusual.length - 1} more` : unusual.map(shown).join(" and ");
        const makes = unusual.length > 1 ? "make" : "makes";
        words.push(count === 2 * fewer ? `${named} ${unusual.length > 1 ? "double" : "doubles"} the price` : `${named} ${makes} it ${count} instead of ${fewer}`);
        const first = tables.instead[unusual[0]];
        button.textContent = unusual.length === 1 && first ? `Use “${first}”` : "Use plain letters";
        button.hidden = false;
        isCostly = true;
      } else if (unusual.length && count > 1) {
        words.push(`because of ${shown(unusual[0])}`);
      }
      isCostly ||= count >= MANY;
    }
    const said = words.join(" · ");
    if (meter.textContent !== said) meter.textContent = said;
    meter.classList.toggle("over", over > 0);
    meter.classList.toggle("costly", isCostly && over <= 0);
  }
  const area = () => $("reply-text");
  document.addEventListener("input", (event) => {
    if (event.target === area()) measure(event.target);
  });
  document.addEventListener("click", (event) => {
    if (event.target.id !== "reply-plain") return;
    const text = area();
    text.focus();
    // As if it were typed, so that Ctrl+Z brings the letters back.
    text.select();
    const said = plain(text.value, tablesOf(text));
    if (!document.execCommand("insertText", false, said)) text.setRangeText(said, 0, text.value.length, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // --- how long it can be taken back --------------------------------------------------------------

  let counting = 0;
  function count() {
    clearTimeout(counting);
    const held = [...document.querySelectorAll("#planned .held")];
    for (const plan of held) {
      const left = Math.ceil((Date.parse(plan.dataset.leaves) - Date.now() + offset) / 1000);
      plan.querySelector(".in").textContent = left > 0 ? `Leaves in ${left} s` : "Leaving…";
      if (left <= 0) for (const button of plan.querySelectorAll("button")) button.disabled = true;
      if (left < -10) plan.remove();
    }
    if (held.length) counting = setTimeout(count, 250);
  }
  // The server's clock counts: this browser's may be wrong.
  const offset = thread() ? Date.now() - Date.parse(thread().dataset.now) : 0;
  function thread() {
    return document.querySelector(".thread[data-now]");
  }

  function prepare() {
    if (area()) measure(area());
    count();
  }
  document.addEventListener("desk:swapped", prepare);
  prepare();
})();
