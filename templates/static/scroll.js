// What scrolls sideways can be reached by the keyboard; what does not is no stop on the way.
(() => {
  "use strict";
  const boxes = [...document.querySelectorAll("main :is(math, .sb-table)")];
  const mark = () => {
    const scrolling = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
    boxes.forEach((box, number) => box.toggleAttribute("tabindex", scrolling[number]) && box.setAttribute("tabindex", "0"));
  };
  let waiting = false;
  const markSoon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  };

  markSoon();
  addEventListener("load", markSoon);
  addEventListener("resize", markSoon);
  document.addEventListener("toggle", markSoon, true);
})();
