// Files at the desk: pictures in a viewer, and files that are chosen, dropped or pasted, checked before they are
// uploaded. Without this file pictures are links and the field takes files as it is; the server checks again.
(() => {
  "use strict";

  const KB = 1024;
  const MB = 1024 * 1024;
  const $ = (id) => document.getElementById(id);

  // --- the viewer -------------------------------------------------------------------------------

  let shown = null;
  const pictures = () => [...document.querySelectorAll("#messages a[data-picture]")];

  function show(link) {
    const all = pictures();
    const place = all.indexOf(link);
    shown = link;
    $("viewer-picture").src = link.href;
    $("viewer-picture").alt = link.dataset.name;
    $("viewer-name").textContent = link.dataset.name;
    $("viewer-size").textContent = link.dataset.size;
    $("viewer-place").textContent = all.length > 1 ? `${place + 1} of ${all.length}` : "";
    $("viewer-save").href = `${link.pathname}?download`;
    $("viewer-before").disabled = place <= 0;
    $("viewer-after").disabled = place < 0 || place === all.length - 1;
  }
  // News may have replaced the bubble meanwhile: the same picture is found again by its address.
  function move(step) {
    const all = pictures();
    const next = all[all.findIndex((link) => link.href === shown.href) + step];
    if (next) show(next);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-picture]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(link);
    $("viewer").showModal();
    $("viewer-close").focus();
  });
  function watchViewer() {
    const viewer = $("viewer");
    if (!viewer) return;
    $("viewer-close").addEventListener("click", () => viewer.close());
    $("viewer-before").addEventListener("click", () => move(-1));
    $("viewer-after").addEventListener("click", () => move(1));
    viewer.addEventListener("click", (event) => {
      if (event.target.classList.contains("stage")) viewer.close();
    });
    viewer.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") move(-1);
      if (event.key === "ArrowRight") move(1);
    });
    viewer.addEventListener("close", () => {
      $("viewer-picture").removeAttribute("src");
      const again = shown && pictures().find((link) => link.href === shown.href);
      if (again) again.focus();
    });
  }

  // --- the rules of channels_app.media_rules, in the same words -----------------------------------

  function sizeWords(size) {
    if (size < KB) return `${size} bytes`;
    if (size < MB) return `${Math.ceil(size / KB)} KB`;
    const megabytes = size / MB;
    return `${Number.isInteger(megabytes) ? megabytes : megabytes.toFixed(1)} MB`;
  }
  const extensionOf = (name) => (/\.([^./\\]+)$/.exec(name.trim().replace(/[. ]+$/, ""))?.[1] ?? "").toLowerCase();

  function typeOf(file, rules) {
    const said = file.type.split(";")[0].trim().toLowerCase();
    return rules.same[said] ?? (said || rules.extensions[extensionOf(file.name)] || "");
  }
  // What is wrong with one file; empty when nothing is, or when only the server can tell.
  function wrongWith(file, rules) {
    const extension = extensionOf(file.name);
    if (rules.blocked.includes(extension)) return `files with the extension .${extension} are blocked here.`;
    if (file.size === 0) return "the file is empty.";
    const type = typeOf(file, rules);
    if (rules.never[type]) return `it cannot be kept: it is ${rules.never[type]}.`;
    const largest = rules.largest[type] ?? (type && rules.words[type] ? null : rules.ceiling);
    if (largest === null) return `this channel does not carry this type of file (${rules.words[type]}).`;
    if (file.size > largest) return `${sizeWords(file.size)} is too large; at most ${sizeWords(largest)} can be sent.`;
    return "";
  }
  function wrongTogether(files, rules) {
    const found = [];
    if (files.length > rules.most) found.push(`At most ${rules.most} files can be sent at once; these are ${files.length}.`);
    const together = files.reduce((sum, file) => sum + file.size, 0);
    if (rules.together !== null && together > rules.together)
      found.push(`Together the files have ${sizeWords(together)}; one message carries ${sizeWords(rules.together)}.`);
    return found;
  }

  // --- choosing, dropping, pasting ----------------------------------------------------------------

  const input = () => $("reply-files");
  let held = [];
  // The page has a new composer when the feed has put one in: what was chosen goes with it.
  let holder = null;

  function hold(files) {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    held = files;
    holder = input();
    holder.files = transfer.files;
  }
  function line(words) {
    const said = document.createElement("p");
    said.className = "error";
    said.textContent = words;
    return said;
  }
  function draw(refused = []) {
    const rules = JSON.parse(input().dataset.rules);
    $("files-wrong").replaceChildren(...[...refused, ...wrongTogether(held, rules)].map(line));
    $("files-chosen").replaceChildren(
      ...held.map((file, place) => {
        const item = document.createElement("li");
        const name = document.createElement("bdi");
        name.textContent = file.name;
        const size = document.createElement("span");
        size.className = "sub";
        size.textContent = sizeWords(file.size);
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "btn quiet small";
        remove.setAttribute("aria-label", `Remove ${file.name}`);
        remove.textContent = "✕";
        remove.addEventListener("click", () => {
          hold(held.filter((_, other) => other !== place));
          draw();
          const rest = $("files-chosen").querySelectorAll("button");
          (rest[Math.min(place, rest.length - 1)] ?? input()).focus();
        });
        item.append(name, size, remove);
        return item;
      }),
    );
  }
  function add(files) {
    const rules = JSON.parse(input().dataset.rules);
    const refused = [];
    const good = [];
    for (const file of files) {
      const wrong = wrongWith(file, rules);
      if (wrong) refused.push(`${file.name || "A file"}: ${wrong}`);
      else good.push(file);
    }
    hold([...held, ...good]);
    draw(refused);
    if ($("write-reply")) $("write-reply").checked = true;
  }

  document.addEventListener("change", (event) => {
    if (event.target === input()) add([...event.target.files]);
  });
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    // A file that misses the composer must not take the page's place.
    event.preventDefault();
    const compose = input() && event.target.closest(".compose");
    document.querySelector(".compose")?.classList.toggle("dropping", Boolean(compose));
    event.dataTransfer.dropEffect = compose ? "copy" : "none";
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.querySelector(".compose")?.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.querySelector(".compose")?.classList.remove("dropping");
    if (input() && event.target.closest(".compose")) add([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !input() || event.target.id !== "reply-text") return;
    event.preventDefault();
    add(files);
  });
  // Before desk.js takes the form as sent.
  document.addEventListener(
    "submit",
    (event) => {
      const field = event.target.querySelector("#reply-files");
      if (!field || !wrongTogether(held, JSON.parse(field.dataset.rules)).length) return;
      event.preventDefault();
      draw();
    },
    true,
  );
  document.addEventListener("htmx:afterSwap", () => {
    if (!held.length || !input() || input() === holder) return;
    hold(held);
    draw();
  });

  function start() {
    watchViewer();
    // The browser may have kept the files of a page that it shows again.
    if (input()?.files.length) add([...input().files]);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
