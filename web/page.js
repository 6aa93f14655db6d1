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
let ticking = 0;
let heardAt = 0;

function fragment(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

// Make `old` equal to `fresh`, keeping the elements that stay, so that focus, hover and selection survive a stream.
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  const mine = ["class", "aria-describedby"]; // the script's own, on elements that the server sent
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !mine.includes(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes])
    if (old.getAttribute(name) !== value && !(name === "class" && old.classList.contains("is-open")))
      old.setAttribute(name, value);
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, at) => (before[at] ? morph(before[at], node) : old.append(node)));
  before.slice(after.length).forEach((node) => node.remove());
}

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
  const asked = new URLSearchParams(location.search).get("q");
  if (asked && !turns) ask(asked);
}

function history() {
  return [...log.querySelectorAll('.turn[data-state="done"]')].flatMap((turn) => [
    { role: "user", text: turn.querySelector(".asked").textContent },
    { role: "assistant", text: turn.dataset.text },
  ]);
}

function ask(question) {
  question = question.trim();
  if (!question || current !== null) return;
  showChat();
  const detail = form.querySelector("input:checked").value;
  const earlier = history();
  current = ++turns;
  start(true);
  begin(question);
  clearInterval(ticking);
  heardAt = Date.now();
  ticking = setInterval(listen, PATIENCE);
  trigger("ask", { question, detail, history: earlier, number: current, within: scope });
}

// The turn as it is until the server's first word.
function begin(question) {
  const turn = document.createElement("article");
  turn.className = "turn";
  turn.dataset.number = current;
  turn.dataset.state = "asked";
  const asked = document.createElement("h2");
  asked.className = "asked";
  asked.textContent = question;
  turn.append(asked);
  log.append(turn);
  turn.scrollIntoView({ block: "start" });
}

function start(busy) {
  root.dataset.started = "yes";
  root.dataset.busy = busy ? "yes" : "no";
  form.querySelector(".send").setAttribute("aria-label", busy ? "Stop" : "Ask");
  box.placeholder = "Ask a follow-up";
  log.setAttribute("aria-busy", busy);
}

// While nothing comes: is the server still there?
async function listen() {
  const silent = Date.now() - heardAt;
  const number = current;
  if (number === null || silent < PATIENCE) return;
  if (silent > SILENCE) return give(LOST);
  try {
    if ((await fetch("healthz", { cache: "no-store" })).ok) return;
  } catch {} // it is not
  if (number === current) give(LOST);
}

function finish(turn) {
  clearInterval(ticking);
  current = null;
  start(false);
  said.textContent = "";
  const words = turn.dataset.state === "done" ? turn.dataset.text : turn.querySelector(".reply").textContent;
  said.textContent = words.replace(/ \[\d+\]/g, ""); // heard once, when it is whole
}

// End the turn that is being answered, with a line that says why.
function give(reason) {
  if (current === null) return;
  const turn = turnOf(current);
  const note = document.createElement("p");
  note.className = "note reply";
  note.textContent = reason;
  const progress = turn.querySelector(".progress");
  if (progress) progress.replaceWith(note);
  else turn.append(note);
  turn.dataset.state = "stopped";
  finish(turn);
}

function stop() {
  trigger("halt", {});
  give("Stopped.");
}

function clear() {
  if (current !== null) stop();
  closeSource();
  log.replaceChildren();
  said.textContent = "";
  turns += 1; // what still comes of an old turn finds no place
  root.dataset.started = "no";
  box.placeholder = "Ask about AI alignment";
  trigger("fresh", {});
  box.focus();
}

function takeBack(turn) {
  const question = turn.querySelector(".asked").textContent;
  closeSource();
  turn.remove();
  return question;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // pages not served from this machine have no clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const label = button.textContent;
  if (label === "Copied") return;
  button.textContent = said.textContent = "Copied";
  setTimeout(() => (button.textContent = label), 1500);
}

function save() {
  const text = [...log.querySelectorAll(".sources > .markdown")].map((one) => one.textContent).join("\n---\n\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  link.download = "alignment-conversation.md";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
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
  document.body.classList.toggle("dark", dark); // Gradio's own messages
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
  clear,
  export: save,
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
    const question = button.closest(".turn").querySelector(".asked").textContent;
    copy(location.origin + location.pathname + "?q=" + encodeURIComponent(question), button);
  },
  edit: (button) => {
    if (current !== null) return;
    box.value = takeBack(button.closest(".turn"));
    grow();
    box.focus();
  },
  again: (button) => {
    if (current !== null) return;
    ask(takeBack(button.closest(".turn")));
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
  else closeSource();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (current !== null) return stop();
  if (!box.value.trim()) return box.focus();
  ask(box.value);
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

document.addEventListener("aq:failed", () => give("The answer broke off. Ask again."));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(kept()));
addEventListener("hashchange", view);
view();
watch("value", () => receive(props.value));
paint(kept());
if (hovers && root.dataset.view === "chat") box.focus();
// The names of the events that the server listens to: 'ask', 'halt', 'fresh'.
