// Keys: what is pressed, which command it is, and doing it. The sheet of keys in the page says which is which
// (conversations/keys.py has the rules); whatever a key does, an element with `data-does` does by a click.
(() => {
  "use strict";

  const SECOND_KEY_MS = 1500;
  const $ = (id) => document.getElementById(id);
  const sheet = $("key-sheet");
  if (!sheet) return;

  const commands = new Map();
  for (const line of sheet.querySelectorAll("[data-command]"))
    for (const key of line.dataset.keys.split(", ").filter(Boolean)) commands.set(key, line);
  const begins = new Set([...commands.keys()].filter((key) => key.includes(" ")).map((key) => key.split(" ")[0]));

  // --- what was pressed, as it is written on the sheet ---------------------------------------------

  function written(event) {
    const held = event.ctrlKey || event.metaKey || event.altKey;
    let key = event.key;
    // With Alt a Mac types signs: the key itself is meant.
    if (event.altKey && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
    if (key !== "Enter" && [...key].length !== 1) return "";
    const isLetter = key !== "Enter" && key.toLowerCase() !== key.toUpperCase();
    const shift = event.shiftKey && (isLetter || key === "Enter");
    const parts = [(event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt", shift && "Shift"];
    return [...parts.filter(Boolean), isLetter && (held || shift) ? key.toUpperCase() : key].join("+");
  }

  const TYPED_IN = "input:not([type=radio], [type=checkbox], [type=button], [type=submit], [type=file]), textarea, select, [contenteditable]";

  let first = "";
  let forget = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    const pressed = written(event);
    if (!pressed || event.getModifierState("AltGraph")) return;
    const isPlain = !/^(Ctrl|Alt)\+/.test(pressed);
    if (isPlain && (sheet.dataset.single === "off" || event.target.closest(TYPED_IN))) return;
    const key = first ? `${first} ${pressed}` : pressed;
    clearTimeout(forget);
    first = "";
    const line = commands.get(key);
    if (line) {
      if (event.repeat && !["next", "previous"].includes(line.dataset.command)) return;
      if (document.querySelector("dialog[open]") && line.dataset.command !== "command-bar") return;
      event.preventDefault();
      run(line);
    } else if (begins.has(key)) {
      first = key;
      forget = setTimeout(() => { first = ""; }, SECOND_KEY_MS);
      event.preventDefault();
    }
  });

  // --- doing it ------------------------------------------------------------------------------------

  const shown = (element) => element.getClientRects().length > 0;
  const links = () => [...document.querySelectorAll("#rows a.who")].filter(shown);

  function move(step) {
    const all = links();
    let here = all.indexOf(document.activeElement);
    if (here < 0) {
      here = all.findIndex((link) => link.closest("[aria-current]"));
      if (here < 0) here = step > 0 ? -1 : all.length;
    }
    const there = all[here + step];
    if (there) there.focus();
    else say(step > 0 ? "That was the last conversation of this page." : "That was the first conversation.");
  }

  function write(kind) {
    const tab = $(`write-${kind}`);
    if (!tab) return false;
    tab.checked = true;
    tab.dispatchEvent(new Event("change", { bubbles: true }));
    ($(`${kind}-text`) ?? tab).focus();
    return true;
  }

  function send() {
    const area = document.activeElement?.closest?.("textarea[data-draft]");
    if (area) area.form.requestSubmit();
    return Boolean(area);
  }

  // The next one in the list: where to go after this one has been ended.
  function endNext() {
    const button = toClick("end");
    if (!button) return false;
    const all = links();
    const next = all[all.findIndex((link) => link.closest("[aria-current]")) + 1];
    if (next) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "next", value: next.id.replace("row-", "") });
      button.form.append(field);
    }
    button.click();
    return true;
  }

  const toClick = (command) => [...document.querySelectorAll(`[data-does="${command}"]`)].find(shown);

  function click(command) {
    const element = toClick(command);
    if (!element) return false;
    if (element.matches("input")) {
      element.focus();
      element.select?.();
    } else {
      element.click();
      const panel = element.matches("summary") && element.parentElement.open && element.nextElementSibling;
      if (panel) panel.querySelector("select, input:not([type=hidden]), textarea, button")?.focus();
    }
    return true;
  }

  const DO = {
    next: () => (move(1), true),
    previous: () => (move(-1), true),
    open: () => {
      const link = document.activeElement?.matches?.("#rows a.who") ? document.activeElement : null;
      link?.click();
      return Boolean(link);
    },
    reply: () => write("reply"),
    note: () => write("note"),
    send,
    "end-next": endNext,
    keys: () => (sheet.showModal(), true),
    "command-bar": openBar,
  };

  function run(line) {
    const { command, address } = line.dataset;
    if (address) location.assign(address);
    else if (!(DO[command] ?? (() => click(command)))()) say(`Not possible here: ${line.querySelector("dt").textContent}`);
  }

  function say(words) {
    const announce = $("announce");
    if (announce) announce.textContent = words;
  }

  // --- the command bar: what fits is listed by the server, arrow keys choose -------------------------

  const bar = $("command-bar");
  const question = $("command-question");
  const options = () => [...bar.querySelectorAll("[role=option]")];
  let isHurried = false;
  const chosen = () => bar.querySelector("[aria-selected=true]");

  function openBar() {
    if (bar.open) {
      bar.close();
      return true;
    }
    question.value = "";
    bar.showModal();
    window.htmx?.trigger(question, "opened");
    return true;
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return question.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    question.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function follow(option) {
    if (!option) return;
    bar.close();
    if (option.dataset.address) location.assign(option.dataset.address);
    else run(sheet.querySelector(`[data-command="${option.dataset.run}"]`));
  }

  question.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = options();
    const here = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(here + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(here <= 0 ? all.length : here) - 1]);
    else if (event.key === "Enter") chosen() ? follow(chosen()) : (isHurried = true);
    else return;
    event.preventDefault();
  });
  // What is chosen fitted the words before: Enter waits for the answer to these.
  question.addEventListener("input", () => {
    isHurried = false;
    choose(null);
  });
  bar.addEventListener("htmx:afterSwap", () => {
    choose(options()[0]);
    if (isHurried) follow(chosen());
    isHurried = false;
  });
  bar.addEventListener("click", (event) => {
    if (event.target === bar) bar.close();
    follow(event.target.closest("[role=option]"));
  });
  document.querySelector(".to-commands")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openBar();
  });

  $("show-keys")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    sheet.showModal();
  });
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close();
  });
})();
