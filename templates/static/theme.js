// Light or dark: as the system has it, until the reader says otherwise.
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem("sb-theme"); } catch { return null; }
  };
  const store = (theme) => {
    try { localStorage.setItem("sb-theme", theme); } catch { /* Private windows may refuse. */ }
  };
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

  show(stored());
  addEventListener("storage", (event) => event.key === "sb-theme" && show(event.newValue));
  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".sb-theme");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      show(theme);
      store(theme);
    });
  });
})();
