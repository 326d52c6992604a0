// The search dialog: `/` or Ctrl+K opens it, arrows choose, Enter goes there, Escape closes. What is found is
// the business of search-index.js.
(() => {
  "use strict";
  const dialog = document.querySelector(".sb-search-dialog");
  const button = document.querySelector(".sb-search");
  if (!dialog || !button) return;

  const site = new URL("../", document.currentScript.src);
  const language = document.documentElement.lang;
  const texts = dialog.dataset;
  const input = dialog.querySelector("input");
  const status = dialog.querySelector("[role=status]");
  const list = dialog.querySelector("[role=listbox]");
  const BATCH = 5; // Pages whose texts are fetched at a time.

  // What is shown of a page

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const marked = (text, ranges, from = 0, to = text.length) => {
    const parts = [];
    let at = from;
    for (const [start, end] of ranges) {
      if (start < at || end > to) continue;
      parts.push(text.slice(at, start), element("mark", "", text.slice(start, end)));
      at = end;
    }
    return [...parts, text.slice(at, to)];
  };
  const quoted = (text, ranges) => {
    const [first, end] = ranges[0] ?? [0, 0];
    let from = Math.max(0, first - 40);
    const space = text.indexOf(" ", from);
    if (from && space >= 0 && space < first) from = space + 1;
    const to = Math.min(text.length, Math.max(first + 120, end));
    return [from ? "…" : "", ...marked(text, ranges, from, to), to < text.length ? "…" : ""];
  };
  const quote = ({ text, lines }, find) => {
    const ranges = find(text);
    if (ranges.length || !find(lines).length) return element("bdi", "sb-quote", ...quoted(text, ranges));
    const [at] = find(lines)[0];
    const line = lines.slice(lines.lastIndexOf("\n", at) + 1).split("\n", 1)[0].trim();
    const made = element("code", "sb-quote", ...quoted(line, find(line)));
    made.dir = "ltr";
    return made;
  };

  const option = (className, href, ...children) => {
    const made = element("a", className, ...children);
    made.setAttribute("role", "option");
    return Object.assign(made, { href, tabIndex: -1, id: `sb-found-${options().length}` });
  };
  // A long path breaks behind its slashes.
  const breaking = (part) => (part.split?.(/(?<=\/)/) ?? [part]).flatMap((piece, at) => (at ? [element("wbr"), piece] : [piece]));
  const head = ({ title, path, about, isFound, parts }, address, find) => {
    const source = element("bdi", "sb-found-path", ...marked(path, find(path)).flatMap(breaking));
    source.dir = "ltr";
    const names = [element("bdi", "", ...marked(title, find(title))), " ", source];
    const inAbout = find(about);
    if (inAbout.length) names.push(element("bdi", "sb-quote", ...quoted(about, inAbout)));
    if (isFound) return option("sb-found-page", address, ...names);
    const made = element("div", "sb-found-page", ...names);
    made.setAttribute("role", "presentation");
    return made;
  };
  const show = (page, find) => {
    const address = new URL(texts.folder + page.url.split("/").map(encodeURIComponent).join("/"), site).href;
    const group = element("div", "sb-found");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", page.title);
    list.append(group);
    group.append(head(page, address, find));
    for (const part of page.parts) {
      const label = part.label === page.title ? "" : part.label;
      const heading = element("bdi", "", ...marked(label, find(label)));
      const place = `${address}#${encodeURIComponent(part.anchor)}`;
      group.append(option("sb-found-part", place, ...(label ? [heading] : []), quote(part, find)));
    }
  };

  // The list

  const options = () => [...list.querySelectorAll("[role=option]")];
  const selected = () => list.querySelector("[aria-selected=true]");
  const select = (chosen) => {
    selected()?.removeAttribute("aria-selected");
    input.removeAttribute("aria-activedescendant");
    if (!chosen) return;
    chosen.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  };

  let ask; // Answers queries, once it is loaded.
  let asked; // The query that the list answers, or is about to.
  let answering; // Done when it does.
  let results; // Of that query.
  let adding;

  const clear = (message = "") => {
    results = undefined;
    list.replaceChildren();
    select(null);
    input.setAttribute("aria-expanded", "false");
    status.textContent = message;
  };
  const fail = (error) => {
    asked = undefined;
    clear(texts.failed);
    console.error(error);
  };
  const add = (pages) => {
    for (const page of pages) show(page, results.find);
    const shown = list.children.length;
    // What the index does not know for certain, the texts say that were not looked through yet.
    const isMore = results.total === undefined && !results.isDone();
    const count = (results.total ?? shown).toLocaleString(language) + (isMore ? "+" : "");
    status.textContent = shown ? texts.found.replace("{}", count) : texts.none;
    input.setAttribute("aria-expanded", String(shown > 0));
  };
  const addMore = async () => {
    const from = results;
    const pages = await from.next(BATCH);
    if (from === results) add(pages);
  };
  const more = () => {
    if (results && !results.isDone()) adding ??= addMore().catch(fail).finally(() => { adding = null; });
    return adding;
  };
  // As long as the end of the list is near, it grows.
  const reach = async () => {
    const from = results;
    while (from && from === results && !from.isDone() && list.scrollTop + 1.2 * list.clientHeight > list.scrollHeight) await more();
  };
  const answer = async (query) => {
    if (location.protocol === "file:") return clear(texts.file);
    ask ??= (await import(new URL(texts.index, location.href))).makeSearch(site, language);
    const found = await ask(query);
    const pages = await found.next(BATCH);
    if (query !== asked) return; // The reader went on typing.
    clear();
    if (!query.trim()) return;
    results = found;
    add(pages);
    select(options()[0]);
    await reach();
  };
  const search = () => {
    if (input.value === asked) return;
    asked = input.value;
    answering = answer(asked).catch(fail);
  };
  const move = async (step) => {
    const to = options().indexOf(selected()) + step;
    if (to >= options().length) await more();
    select(options()[to] ?? options().at(step > 0 ? 0 : -1));
  };
  const go = async () => {
    search();
    await answering;
    selected()?.click();
  };

  // The dialog

  const open = () => {
    dialog.showModal();
    input.select();
    search();
  };
  document.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey, target } = event;
    const isTyping = target.closest?.("input, textarea, select, [contenteditable]");
    const isSlash = key === "/" && !ctrlKey && !metaKey && !altKey && !isTyping;
    const isControlK = key.toLowerCase() === "k" && (ctrlKey || metaKey) && !altKey && !shiftKey;
    if (!isSlash && !isControlK || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter and arrows choose among the words of the input method.
    const act = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: go }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  let pause;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(search, 80);
  });
  list.addEventListener("scroll", reach);
  list.addEventListener("click", ({ target, ctrlKey, metaKey, shiftKey }) => {
    if (target.closest("a") && !ctrlKey && !metaKey && !shiftKey) dialog.close();
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close(); // A click beside it.
  });
  button.addEventListener("click", open);
})();
