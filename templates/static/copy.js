// Code is copied without line numbers and prompts, a formula as the TeX that its author wrote.
(() => {
  "use strict";
  const notice = document.querySelector(".sb-notice");
  if (!notice) return;

  // Of a session, what was typed: neither prompts nor answers.
  const typed = (lines) => {
    let isTyped = false;
    return lines.filter((line) => {
      isTyped = /^\s*>>>( |$)/.test(line) || (isTyped && /^\s*\.\.\.( |$)/.test(line));
      return isTyped;
    }).map((line) => line.replace(/^\s*(>>>|\.\.\.) ?/, ""));
  };
  const codeOf = (pre) => {
    const code = pre.cloneNode(true);
    for (const number of code.querySelectorAll(".lineno")) number.remove();
    for (const prompt of code.querySelectorAll(".gp")) prompt.textContent = ">>> ";
    const lines = code.textContent.split("\n");
    return lines.some((line) => /^\s*>>> /.test(line)) ? `${typed(lines).join("\n")}\n` : code.textContent;
  };
  const copy = async (pre) => {
    try {
      await navigator.clipboard.writeText(codeOf(pre));
    } catch {
      return getSelection().selectAllChildren(pre); // The browser forbids it: the reader's own command is left.
    }
    notice.textContent = notice.dataset.copied;
    setTimeout(() => {
      if (notice.textContent === notice.dataset.copied) notice.textContent = "";
    }, 2000);
  };
  // A page that is not served over HTTPS may have no clipboard.
  for (const pre of navigator.clipboard ? document.querySelectorAll("main :is(.code, .sb-listing) > pre") : []) {
    const button = document.createElement("button");
    button.className = "sb-copy";
    button.type = "button";
    button.textContent = notice.dataset.copy;
    button.addEventListener("click", () => copy(pre));
    pre.after(button);
  }

  const inMarks = (formula) => {
    const tex = formula.getAttribute("alttext");
    if (formula.getAttribute("display") !== "block") return `$${tex}$`;
    // These are display formulas by themselves.
    return /^\\begin\{(align|alignat|eqnarray|equation|flalign|gather|multline)\*?\}/.test(tex) ? tex : `$$${tex}$$`;
  };
  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection.isCollapsed) return;
    const range = selection.getRangeAt(0).cloneRange();
    const within = range.commonAncestorContainer;
    const whole = (within.closest ? within : within.parentElement)?.closest("math[alttext]");
    if (whole) range.selectNode(whole);
    const copied = document.createElement("div");
    copied.className = "sb-copied";
    copied.append(range.cloneContents());
    const formulas = copied.querySelectorAll("math[alttext]");
    if (!formulas.length) return;
    for (const part of copied.querySelectorAll(".lineno, .gp, .sb-anchor, .sb-copy")) part.remove();
    event.clipboardData.setData("text/html", copied.innerHTML);
    for (const formula of formulas) {
      const tex = document.createElement(formula.getAttribute("display") === "block" ? "div" : "span");
      tex.textContent = inMarks(formula);
      formula.replaceWith(tex);
    }
    document.body.append(copied); // Only what is laid out has lines.
    event.clipboardData.setData("text/plain", copied.innerText);
    copied.remove();
    event.preventDefault();
  });
})();
