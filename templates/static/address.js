// Once the reader scrolls, the address is that of the section at the top of the window; it makes no history.
(() => {
  "use strict";
  const places = [...document.querySelectorAll("main :is(.section, .docs :is(h2, h3, h4, h5, h6)[id])")];
  const SCROLLING = /^(Arrow(Up|Down)|Page(Up|Down)|Home|End| )$/;
  let isReading = false;
  let waiting = 0;

  const idOf = (place) => (place.matches(".section") ? place.querySelector(":scope > .docs[id]") ?? place : place).id;
  const follow = () => {
    if (!isReading) return;
    // Where a link to the section brings it: under the header.
    const line = (document.querySelector(".sb-bar")?.offsetHeight ?? 0) + 24;
    const at = places.findLastIndex((place) => place.getBoundingClientRect().top < line);
    const address = new URL(location);
    address.hash = at > 0 ? idOf(places[at]) : "";
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  };
  const read = () => { isReading = true; };
  const jump = () => { isReading = false; };

  for (const kind of ["wheel", "touchmove"]) addEventListener(kind, read, { passive: true });
  addEventListener("keydown", (event) => SCROLLING.test(event.key) && read());
  // On the window's scroll bar.
  addEventListener("pointerdown", (event) => event.target === document.documentElement && read());
  addEventListener("popstate", jump); // Back, forth, and to another place on the page.
  addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(follow, 200);
  }, { passive: true });
})();
