// On the front page: who prefers another of the site's languages is told so, until they close the line.
(() => {
  "use strict";
  const dismissed = () => {
    try { return localStorage.getItem("sb-prefer") === "dismissed"; } catch { return false; }
  };
  const dismiss = () => {
    try { localStorage.setItem("sb-prefer", "dismissed"); } catch { /* Private windows may refuse. */ }
  };
  // zh-TW is not zh: the same language in another script. pt-BR and pt are near enough.
  const written = (tag) => {
    try {
      const { language, script } = new Intl.Locale(tag).maximize();
      return `${language}-${script}`;
    } catch { return tag; }
  };

  const lines = [...document.querySelectorAll(".sb-prefer")];
  const choose = () => {
    const known = [document.documentElement, ...lines];
    for (const tag of navigator.languages) {
      const same = known.filter((element) => written(element.lang) === written(tag));
      if (same.length) return same.find((element) => element.lang.toLowerCase() === tag.toLowerCase()) ?? same[0];
    }
    return null;
  };

  if (dismissed()) return;
  const line = choose();
  if (!lines.includes(line)) return;
  line.hidden = false;
  line.querySelector("button").addEventListener("click", () => {
    line.hidden = true;
    dismiss();
  });
})();
