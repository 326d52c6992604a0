// What has to be known before the first paint: light or dark, what stands beside the page, that scripts run.
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = (name) => {
    try { return localStorage.getItem(name); } catch { return null; }
  };
  const store = (theme) => {
    try { localStorage.setItem("sb-theme", theme); } catch { /* Private windows may refuse. */ }
  };
  const show = (theme) => {
    if (theme !== "light" && theme !== "dark") return;
    root.dataset.theme = theme;
    // The browser's own frame has the colour of the theme that is shown, not of the system's.
    for (const color of document.querySelectorAll("meta[name=theme-color]")) {
      color.dataset.theme ??= color.media.includes("dark") ? "dark" : "light";
      color.media = color.dataset.theme === theme ? "all" : "not all";
    }
  };
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

  // What only works with scripts has its place from the beginning.
  root.dataset.scripted = "";
  // As the system has it, until the reader says otherwise.
  show(stored("sb-theme"));
  // The contents are opened when they are there; until then their place is kept.
  root.toggleAttribute("data-contents", stored("sb-contents") === "open");
  addEventListener("storage", (event) => event.key === "sb-theme" && show(event.newValue));
  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".sb-theme");
    if (!button) return;
    button.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      show(theme);
      store(theme);
    });
  });
})();
