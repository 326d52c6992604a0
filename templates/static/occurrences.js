// A name in the code or a symbol in a formula, once chosen, is lit wherever the page has it.
(() => {
  "use strict";
  const main = document.querySelector("main");
  const notice = document.querySelector(".sb-notice");
  if (!notice) return;

  const STEPS = { Enter: 0, ArrowRight: 1, ArrowLeft: -1 };

  const rangeOf = ({ text, index, shown }) => {
    const range = new Range();
    range.setStart(text, index);
    range.setEnd(text, index + shown.length);
    return range;
  };

  let chosen = "";
  const end = () => {
    chosen = notice.textContent = "";
    main.classList.remove("sb-lighting");
    for (const lit of main.querySelectorAll(".sb-lit")) {
      const around = lit.parentNode;
      lit.classList.remove("sb-lit");
      if (lit.localName !== "mark") continue;
      lit.replaceWith(...lit.childNodes);
      around.normalize();
    }
  };
  const light = ({ name, shown }) => {
    end();
    const found = sbNames().filter((item) => item.name === name);
    // From the last to the first: a text that is split keeps its beginning.
    for (const item of found.toReversed()) {
      const parts = item.parts ?? [document.createElement("mark")];
      if (!item.parts) rangeOf(item).surroundContents(parts[0]);
      for (const part of parts) part.classList.add("sb-lit");
    }
    chosen = name;
    main.classList.add("sb-lighting");
    notice.textContent = `\u2068${shown}\u2069 · ${notice.dataset.occurrences}: ${found.length}`;
  };

  const isAt = (item, { target, clientX: x, clientY: y }) => {
    if (item.parts) return item.parts.some((part) => part.contains(target));
    const isIn = (box) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
    return item.node.contains(target) && [...rangeOf(item).getClientRects()].some(isIn);
  };
  document.addEventListener("click", (event) => {
    if (!getSelection().isCollapsed) return;
    // A link is followed; with the Alt key it is a name like any other.
    const control = event.target.closest("a, button, summary");
    const isFree = !control || (event.altKey && control.localName === "a");
    const isName = isFree && event.target.closest("main :is(code, math)");
    const item = isName && sbNames().find((one) => isAt(one, event));
    if (item && event.altKey) event.preventDefault();
    if (item) light(item);
    else if (chosen) end();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen) end();
    const step = STEPS[event.key];
    const isCode = event.target.matches("main pre");
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    // Until a name is lit, arrows scroll the code; Enter always follows a link.
    if (isCode ? step && !chosen : !step || !event.target.matches(".sb-anchor")) return;
    const section = event.target.closest(".section:not(.section .section)");
    const near = sbNames().filter((item) => section?.contains(item.node));
    const names = [...new Set(near.map((item) => item.name))];
    const next = names.at((names.indexOf(chosen) + step) % names.length);
    const first = near.find((item) => event.target.contains(item.node)) ?? near[0];
    const item = step && names.includes(chosen) ? near.find((one) => one.name === next) : first;
    if (!item) return;
    event.preventDefault();
    light(item);
    section.querySelector(".sb-lit").scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  for (const place of main.querySelectorAll("pre, .sb-anchor")) place.setAttribute("aria-describedby", "sb-keys");
})();
