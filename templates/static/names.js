// The names that a page holds, in its code and in its formulas, spelled as one where they are one.
(() => {
  "use strict";
  const main = document.querySelector("main");

  // What code calls the letters and accents of formulas.
  const LETTERS = new Map(Object.entries({
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eps: "ε", zeta: "ζ", eta: "η", theta: "θ", iota: "ι",
    kappa: "κ", lambda: "λ", lambda_: "λ", lamda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ",
    tau: "τ", upsilon: "υ", phi: "φ", chi: "χ", psi: "ψ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ",
    Lambda: "Λ", Xi: "Ξ", Pi: "Π", Sigma: "Σ", Phi: "Φ", Psi: "Ψ", Omega: "Ω",
  }));
  const ACCENTS = {
    "ˆ": "hat", "\u0302": "hat", "¯": "bar", "\u0332": "bar", "˜": "tilde", "\u20d7": "vec", "˙": "dot",
  };
  // The reals are not some R; bold and script letters are the plain ones.
  const BLACKBOARD = /[ℂℍℕℙℚℝℤ𝔸-𝕫]/u;
  const NAME = /(?<![\p{L}\p{N}_])[\p{L}_][\p{L}\p{N}_]*/gu;
  const TOKEN = /^(line|n[a-z]?|bp|py|fm|v[cgim])$/;
  const SHAPE = /^#\s*[([][^)\]]*/; // A comment that begins with the shape of a tensor.

  // One spelling for one thing: `gamma` is γ, `x1` and `x_1` are x with the subscript 1.
  const spell = (text) => {
    const plain = (BLACKBOARD.test(text) ? text : text.normalize("NFKC")).replace("\ufe00", "").trim();
    const parts = plain.replace(/(?<=\p{L})(?=\d+$)/u, "_").split("_");
    return LETTERS.get(plain) ?? parts.map((part) => LETTERS.get(part) ?? part).join("_");
  };
  const isShown = (element) => !element.closest("details:not([open])");

  // Most names have no element of their own: they are found in the text.
  const namesIn = (text) => {
    const parent = text.parentElement.closest(":not(a, mark)");
    if (parent.localName === "code" || TOKEN.test(parent.className)) return text.data.matchAll(NAME);
    return /^c1?$/.test(parent.className) ? (SHAPE.exec(text.data)?.[0] ?? "").matchAll(NAME) : [];
  };
  const codeNames = () => [...main.querySelectorAll("code")].filter(isShown).flatMap((node) => {
    const found = [];
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const { 0: shown, index } of namesIn(text)) {
        found.push({ name: spell(shown), shown, node, text, index });
      }
    }
    return found;
  });

  // A symbol is a letter with its accent; with its subscript too, if code has a name for both, like `d_model`.
  const symbol = (token, known, taken) => {
    const parts = [token];
    let name = spell(token.textContent);
    for (let part = token, above; ; part = above) {
      above = part.parentElement;
      const [base, more] = [...above.children].filter((child) => child.localName !== "mspace");
      const accent = above.localName === "mover" && ACCENTS[more.textContent];
      const longer = /^msub(sup)?$/.test(above.localName) && `${name}_${spell(more.textContent)}`;
      if (base !== part || above.localName === "math") break;
      if (accent) {
        name += `_${accent}`;
        parts[0] = above;
      } else if (known.has(longer)) {
        name = longer;
        parts.push(more);
        taken.push(more);
        break;
      } else if (above.localName !== "mrow" || more) break;
    }
    return { name, shown: name.includes("_") ? name : token.textContent, node: token, parts };
  };
  const symbols = (known) => {
    const taken = [];
    const tokens = [...main.querySelectorAll("math :is(mi, mtext)")].filter(isShown);
    const isSymbol = (token) => token.textContent.match(NAME) && !taken.some((part) => part.contains(token));
    return tokens.flatMap((token) => (isSymbol(token) ? symbol(token, known, taken) : []));
  };

  // Of code, a name is `shown` in `text` from `index` on; of a formula, it is some elements, its `parts`.
  globalThis.sbNames = () => {
    const names = codeNames();
    return [...symbols(new Set(names.map(({ name }) => name))), ...names];
  };
})();
