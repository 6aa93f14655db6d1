// The page as it begins: its colours, the first screen's words, and what was there before it was loaded anew.
const THEMES = { system: "as the system", light: "light", dark: "dark" };

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.body.classList.toggle("dark", dark); // Gradio's own parts
  root.querySelector('[data-do="theme"]').setAttribute("aria-label", "Colours: " + THEMES[theme]);
  element.querySelectorAll(".report iframe").forEach(tint);
}

function keep(theme) {
  try {
    localStorage.setItem("aq-theme", theme);
  } catch {} // a browser that keeps nothing still shows the page
}

function kept() {
  try {
    return THEMES[localStorage.getItem("aq-theme")] ? localStorage.getItem("aq-theme") : "system";
  } catch {
    return "system";
  }
}

// The first screen's words. Examples that can be seen stay: a finger may be on its way to one.
async function greet() {
  const html = await get("welcome");
  if (html === null) return;
  const fresh = fragment(html);
  for (const name of ["way", "welcome", "examples"]) {
    const place = part("aq-" + name);
    if (name === "examples" && place.firstChild && place.checkVisibility()) continue;
    place.replaceChildren(...fresh.querySelector(`[data-part="${name}"]`).childNodes);
  }
}

// What a link asks, or else what this tab showed before it was loaded anew.
async function begun() {
  greet();
  const link = new URLSearchParams(location.search);
  const draft = keptDraft();
  if (draft.scope) setScope(draft.scope, draft.within);
  box.value = box.value || draft.text || "";
  grow();
  if (link.get("q")) {
    window.history.replaceState(null, "", location.pathname + location.hash); // asked once, not at each reload
    const detail = form.querySelector(`input[value="${CSS.escape(link.get("detail") || "")}"]`);
    if (detail) detail.checked = true;
    return ask(link.get("q"));
  }
  const before = lastTalk();
  const opened = before ? openTalk(before) : true;
  unanswered = draft.unanswered || ""; // also if the page is loaded anew once more while that opens
  keepDraft();
  if (!(await opened) || !unanswered || current !== null) return;
  start(true);
  begin(unanswered);
  give("The page was loaded anew before this was answered.");
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(kept()));
view();
paint(kept());
begun();
if (hovers && root.dataset.view === "chat") box.focus();
