// The language menu leads to the section that is being read; it closes by Escape or a click beside it.
(() => {
  "use strict";
  const menu = document.querySelector(".sb-languages");
  if (!menu) return;

  const headerHeight = () => document.querySelector(".sb-bar")?.offsetHeight ?? 0;
  const isInSight = (element) => {
    const box = element.getBoundingClientRect();
    return box.bottom > headerHeight() && box.top < innerHeight;
  };
  const targetOf = (hash) => {
    try { return document.getElementById(decodeURIComponent(hash.slice(1))); } catch { return null; }
  };
  const place = () => {
    const target = location.hash && targetOf(location.hash);
    if (target && isInSight(target)) return location.hash;
    if (scrollY < headerHeight()) return "";
    const section = [...document.querySelectorAll(".section")].find(isInSight);
    return section ? `#${section.id}` : "";
  };
  const carry = () => {
    const hash = place();
    for (const link of menu.querySelectorAll("a")) link.hash = hash;
  };

  menu.addEventListener("toggle", carry);
  menu.addEventListener("click", carry);
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
