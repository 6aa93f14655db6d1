// The conversation: what a person types → an event for the server; the turns that come back → the log.
// Also in scope, from Gradio: `trigger` sends an event, `watch` and `props` bring the value that the server sets.
const log = part("aq-log");
const form = part("aq-form");
const box = part("aq-question");
const said = part("aq-said");
const SILENCE = 120000; // milliseconds without a word from the server after which a turn is given up
const PATIENCE = 3000; // milliseconds of silence after which the server is asked whether it still runs
const LOST = "The program does not answer. Is it still running where it was started?";
const hovers = matchMedia("(hover: hover)").matches; // a mouse, not a finger
let turns = 0;
let current = null; // number of the turn being answered
let edited = null; // the turn whose question is in the box, to be asked in its place
let ticking = 0;
let heardAt = 0;

function turnOf(number) {
  return log.querySelector(`.turn[data-number="${number}"]`);
}

function receive(html) {
  const fresh = fragment(html);
  if (!fresh) return;
  if (fresh.dataset.kind === "welcome") return receiveWelcome(fresh);
  const number = Number(fresh.dataset.number);
  if (number !== current) return; // stopped, or cleared
  const turn = turnOf(number);
  morph(turn, fresh);
  heardAt = Date.now();
  if (turn.dataset.state === "done" || turn.dataset.state === "failed") finish(turn);
}

function receiveWelcome(fresh) {
  for (const name of ["way", "welcome", "examples"])
    part("aq-" + name).replaceChildren(...fresh.querySelector(`[data-part="${name}"]`).childNodes);
  if (turns || opening) return;
  const link = new URLSearchParams(location.search);
  const before = lastTalk();
  if (link.get("q")) {
    window.history.replaceState(null, "", location.pathname + location.hash); // asked once, not at each reload
    const detail = form.querySelector(`input[value="${CSS.escape(link.get("detail") || "")}"]`);
    if (detail) detail.checked = true;
    ask(link.get("q"));
  } else if (before) openTalk(before);
}

function history() {
  return [...log.querySelectorAll('.turn[data-state="done"]')].flatMap((turn) => [
    { role: "user", text: turn.querySelector(".asked").textContent },
    { role: "assistant", text: turn.dataset.text },
  ]);
}

// Ask, in a new turn or in the place of one that is there.
function ask(question, instead = null) {
  question = question.trim();
  if (!question || current !== null || opening) return;
  showChat();
  if (instead) takeBack(instead);
  stopEditing();
  const detail = form.querySelector("input:checked").value;
  const earlier = history();
  current = ++turns;
  start(true);
  begin(question);
  clearInterval(ticking);
  heardAt = Date.now();
  ticking = setInterval(listen, PATIENCE);
  trigger("ask", { question, detail, history: earlier, number: current, cited: cited(), within: scope });
}

function start(busy) {
  root.dataset.started = "yes";
  root.dataset.busy = busy ? "yes" : "no";
  form.querySelector(".send").setAttribute("aria-label", busy ? "Stop" : "Ask");
  box.placeholder = "Ask a follow-up";
  log.setAttribute("aria-busy", busy);
}

function finish(turn) {
  clearInterval(ticking);
  current = null;
  start(false);
  said.textContent = "";
  if (turn.dataset.state === "done") keepTurn(turn);
  const words = turn.dataset.state === "done" ? turn.dataset.text : turn.querySelector(".reply").textContent;
  said.textContent = words.replace(/ \[\d+\]/g, ""); // heard once, when it is whole
}

function stop() {
  trigger("halt", {});
  give("Stopped.");
}

function clear() {
  if (current !== null) stop();
  closeSource();
  leaveTalk();
  stopEditing();
  log.replaceChildren();
  said.textContent = "";
  turns += 1; // what still comes of an old turn finds no place
  root.dataset.started = "no";
  box.placeholder = "Ask about AI alignment";
}

function takeBack(turn) {
  closeSource();
  forgetTurn(turn);
  turn.remove();
}

function questionOf(turn) {
  return turn.querySelector(".asked").textContent;
}

function stopEditing() {
  if (edited) edited.classList.remove("is-edited");
  edited = null;
}

// The views: `#chat`, `#library` with `/` and a document's id or without, `#report`.
let place = 0; // how far down the conversation was

function view() {
  const [asked, id = ""] = location.hash.slice(1).split("/");
  const name = ["library", "report"].includes(asked) && part("aq-" + asked) ? asked : "chat";
  if (name !== "chat" && root.dataset.view === "chat") place = scrollY;
  const came = root.dataset.view !== name;
  root.dataset.view = name;
  for (const link of part("aq-views").children)
    if (link.hash === "#" + name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  if (name === "library") openLibrary(decodeURIComponent(id), came);
  else if (name === "report") openReport();
  else if (came) scrollTo({ top: place, behavior: "instant" });
}

function showChat() {
  if (root.dataset.view === "chat") return;
  window.history.pushState(null, "", "#chat");
  view();
}

// The report is a page of its own, in a frame that is made when it is first looked at and may do nothing but filter.
function openReport() {
  if (part("aq-report").firstChild) return;
  const frame = document.createElement("iframe");
  frame.title = "How good the answers are";
  frame.setAttribute("sandbox", "allow-scripts");
  frame.addEventListener("load", () => tint(frame));
  frame.src = "report";
  part("aq-report").append(frame);
}

function tint(frame) {
  frame.contentWindow.postMessage({ theme: document.documentElement.dataset.theme }, "*");
}

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

const actions = {
  ...shelfActions,
  clear: () => {
    clear();
    trigger("fresh", {});
    box.focus();
  },
  talks: showTalks,
  "close-talks": () => talksDialog.close(),
  export: (button) => saveTalk(button.dataset.form),
  rate,
  close: closeSource,
  previous: () => step(-1),
  next: () => step(1),
  theme: () => {
    const names = Object.keys(THEMES);
    const theme = names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length];
    keep(theme);
    paint(theme);
  },
  "copy-answer": (button) => copy(button.closest(".turn").querySelector(".markdown").textContent, button),
  "copy-reference": (button) => copy(button.dataset.copy, button),
  "copy-link": (button) => {
    const detail = form.querySelector("input:checked").value;
    const kind = detail === "full" ? "" : "&detail=" + detail;
    const question = encodeURIComponent(questionOf(button.closest(".turn")));
    copy(`${location.origin}${location.pathname}?q=${question}${kind}`, button);
  },
  edit: (button) => {
    if (current !== null) return;
    stopEditing();
    edited = button.closest(".turn");
    edited.classList.add("is-edited");
    box.value = questionOf(edited);
    grow();
    box.focus();
  },
  again: (button) => {
    if (current !== null) return;
    const turn = button.closest(".turn");
    ask(questionOf(turn), turn);
    if (hovers) box.focus({ preventScroll: true });
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest("button");
  if (!button || !root.contains(button)) return;
  if (button.dataset.open) openSource(button);
  else if (button.dataset.do) actions[button.dataset.do](button);
  else if (button.classList.contains("ask")) {
    ask(button.textContent);
    if (hovers) box.focus({ preventScroll: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!hint.hidden) hideHint();
  else if (edited) {
    stopEditing();
    box.value = "";
    grow();
  }
  else closeSource();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (current !== null) return stop();
  if (!box.value.trim()) return box.focus();
  if (opening) return;
  ask(box.value, edited);
  box.value = "";
  grow();
  if (!hovers) box.blur(); // the keyboard of a phone would hide the answer
});

box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (current === null) form.requestSubmit();
});

function grow() {
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight, 200) + "px";
}
box.addEventListener("input", grow);

document.addEventListener("aq:failed", () => give("The answer broke off, or too many ask at once. Ask again in a moment."));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(kept()));
addEventListener("hashchange", view);
view();
watch("value", () => receive(props.value));
paint(kept());
if (hovers && root.dataset.view === "chat") box.focus();
// The names of the events that the server listens to: 'ask', 'halt', 'fresh'. What it answers at once: `server.restore`,
// `server.rate`.
