// Keeps the page up to date while its author works, and shows what is wrong with the site.
// A module: its names must not meet those of the page's own scripts.

const script = document.querySelector("script[data-version]");
const shown = shownFiles();
let version = script.dataset.version;
let source = null;
let problems = "[]";
let dismissed = remembered();

// Of this page: the file that was sent, and those that its address would name.
function shownFiles() {
  const path = decodeURIComponent(location.pathname.slice(1));
  const index = path && !path.endsWith("/") ? `${path}/index.html` : `${path}index.html`;
  return new Set([path, index, script.dataset.page]);
}

function loadedFiles() {
  const here = performance.getEntriesByType("resource").filter(({ name }) => name.startsWith(`${location.origin}/`));
  return new Set(here.map(({ name }) => decodeURIComponent(new URL(name).pathname.slice(1))));
}

function connect() {
  source?.close();
  source = new EventSource(`/-/events?since=${encodeURIComponent(version)}`);
  source.addEventListener("problems", ({ data }) => showProblems(data));
  source.addEventListener("reload", ({ data, lastEventId }) => {
    version = lastEventId;
    const changed = JSON.parse(data);
    const loaded = loadedFiles();
    if (changed === null || changed.some((path) => shown.has(path) || loaded.has(path))) location.reload();
  });
  source.addEventListener("error", ({ target }) => {
    // The browser connects again by itself, unless something other than the server answered.
    if (target === source && target.readyState === EventSource.CLOSED) setTimeout(connectIfSeen, 1000);
  });
}

// A browser opens few connections to one server: a page that nobody sees must not hold one.
function connectIfSeen() {
  if (document.visibilityState === "visible") connect();
  else disconnect();
}

function disconnect() {
  source?.close();
  source = null;
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

// Always there, so that assistive technology hears of what is put into it.
const overlay = element("section", "sb-live");
overlay.setAttribute("role", "alert");
overlay.lang = "en";
overlay.dir = "ltr";
overlay.hidden = true;
document.body.append(overlay);

function showProblems(data) {
  if (data === problems) return;
  problems = data;
  const found = JSON.parse(data);
  if (!found.some(({ severity }) => severity === "error")) {
    remember("[]");
    hide();
  } else if (data !== dismissed) fill(found);
}

function fill(found) {
  const list = element("ol", "sb-live-list");
  list.tabIndex = 0;
  list.append(...found.map(item));
  const close = element("button", "sb-live-close", "Dismiss");
  close.type = "button";
  close.addEventListener("click", dismiss);
  const title = found.length === 1 ? "One problem" : `${found.length} problems`;
  overlay.replaceChildren(element("p", "sb-live-title", title), close, list);
  overlay.hidden = false;
  if (document.activeElement === document.body) close.focus({ preventScroll: true });
}

function item({ where, code, message, excerpt, hint, severity }) {
  const made = element("li", `sb-live-${severity}`);
  const label = severity === "error" ? "" : `${severity}: `;
  made.append(element("code", "sb-live-where", where), element("span", "", ` ${label}${message} [${code}]`));
  if (excerpt) made.append(element("p", "sb-live-excerpt", `in “${excerpt}”`));
  if (hint) made.append(element("p", "sb-live-hint", hint));
  return made;
}

function hide() {
  overlay.hidden = true;
  overlay.replaceChildren();
}

// Stays away until the problems are others, also on the next page.
function dismiss() {
  remember(problems);
  hide();
}

function remember(data) {
  dismissed = data;
  try {
    sessionStorage.setItem("sb-live-dismissed", data);
  } catch {
    // No storage: it comes back on the next page.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem("sb-live-dismissed") ?? "[]";
  } catch {
    return "[]";
  }
}

document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && !overlay.hidden) dismiss();
});
document.addEventListener("visibilitychange", connectIfSeen);
addEventListener("pagehide", disconnect);
addEventListener("pageshow", ({ persisted }) => persisted && connectIfSeen());
connectIfSeen();
