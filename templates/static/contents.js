// The table of contents follows the scroll; over the page it closes by Escape or a click, beside it it stays.
(() => {
  "use strict";
  const contents = document.querySelector(".sb-contents");
  if (!contents) return;

  const isBeside = matchMedia("(min-width: 80em)");
  const stored = () => {
    try { return localStorage.getItem("sb-contents"); } catch { return null; }
  };
  const store = (state) => {
    try { localStorage.setItem("sb-contents", state); } catch { /* Private windows may refuse. */ }
  };
  const close = () => { contents.open = false; };

  const links = [...contents.querySelectorAll(".sb-headings a")];
  const places = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  let current = null;
  const follow = () => {
    const line = innerHeight / 3;
    const last = places.findLastIndex((place) => place && place.getBoundingClientRect().top < line);
    const link = links[last] ?? null;
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "location");
    if (contents.open) link?.scrollIntoView({ block: "nearest" });
    current = link;
  };
  let waiting = false;
  const followSoon = () => {
    if (waiting || !contents.open) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  };

  addEventListener("scroll", followSoon, { passive: true });
  addEventListener("resize", followSoon);
  contents.addEventListener("toggle", () => {
    if (isBeside.matches) store(contents.open ? "open" : "closed");
    if (contents.open) follow();
  });
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && !isBeside.matches) close();
  });
  document.addEventListener("click", (event) => {
    if (!contents.contains(event.target) && !isBeside.matches) close();
  });
  contents.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !contents.open) return;
    close();
    contents.querySelector("summary").focus();
  });

  if (isBeside.matches && stored() === "open") contents.open = true;
  document.documentElement.removeAttribute("data-contents");
})();
