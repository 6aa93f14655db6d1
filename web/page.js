// The conversation: what a person types → a question for the server; the turns that come back → the log.
const log = part("aq-log");
const form = part("aq-form");
const box = part("aq-question");
const said = part("aq-said");
const PATIENCE = 3000; // milliseconds of silence after which the server is asked whether it still runs
const LOST = "The program does not answer. Is it still running where it was started?";
const hovers = matchMedia("(hover: hover)").matches; // a mouse, not a finger
let turns = 0;
let current = null; // number of the turn being answered
let asking = new AbortController(); // of the request for it
let edited = null; // the turn whose question is in the box, to be asked in its place
let typed = ""; // what was in the box before that
let ticking = 0;
let heardAt = 0;

function turnOf(number) {
  return log.querySelector(`.turn[data-number="${number}"]`);
}

function receive(number, fresh) {
  if (number !== current) return; // stopped, or cleared
  const turn = turnOf(number);
  morph(turn, fresh);
  heardAt = Date.now();
  if (turn.dataset.state === "done" || turn.dataset.state === "failed") finish(turn);
}

function history() {
  return [...log.querySelectorAll('.turn[data-state="done"]')].slice(-10).flatMap((turn) => [
    { role: "user", text: turn.querySelector(".asked").textContent },
    { role: "assistant", text: turn.dataset.text },
  ]);
}

// Ask, in a new turn or in the place of one that is there. Where an answer is still awaited, the words go into the box.
function ask(question, instead = null) {
  question = question.trim();
  if (!question) return;
  if (current !== null || opening) return suggest(question);
  showChat();
  if (instead) takeBack(instead);
  stopEditing();
  const detail = form.querySelector("input:checked").value;
  const earlier = history();
  if (root.dataset.started === "no") greet(); // other examples, while they are out of sight
  start(true);
  begin(question);
  clearInterval(ticking);
  heardAt = Date.now();
  ticking = setInterval(listen, PATIENCE);
  pour(current, { question, detail, history: earlier, number: current, cited: cited(), within: scope });
}

function suggest(question) {
  showChat();
  if (!box.value.trim()) box.value = question;
  grow();
  box.focus({ preventScroll: true });
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
  if (turn.dataset.state === "done") unanswered = "";
  keepDraft();
  if (opener && turn.contains(opener)) paintRates(panelBody, entryOf(turn));
  const words = turn.dataset.state === "done" ? turn.dataset.text : turn.querySelector(".reply").textContent;
  said.textContent = words.replace(/ \[\d+\]/g, ""); // heard once, when it is whole
}

function clear() {
  give("Stopped.");
  opening = null;
  unanswered = "";
  closeSource();
  leaveTalk();
  stopEditing();
  log.replaceChildren();
  said.textContent = "";
  root.dataset.started = "no";
  box.placeholder = "Ask about AI alignment";
  keepDraft();
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

// The views: `#chat`, `#library` with `/` and a document's id, and another `/` and a passage's, or without, `#report`.
let place = 0; // how far down the conversation was

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // not of our making
  }
}

function view() {
  const [asked, id = "", passage = ""] = location.hash.slice(1).split("/").map(decoded);
  const name = ["library", "report"].includes(asked) && part("aq-" + asked) ? asked : "chat";
  if (name !== "chat" && root.dataset.view === "chat") place = scrollY;
  const came = root.dataset.view !== name;
  hideHint();
  if (name !== "chat" && !wide.matches) closeSource(); // a sheet would keep all else from being used
  root.dataset.view = name;
  for (const link of part("aq-views").children)
    if (link.hash === "#" + name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  if (name === "library") openLibrary(id, passage, came);
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

const actions = {
  ...shelfActions,
  clear: () => {
    clear();
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
    if (!edited) typed = box.value;
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
  // The second click of a double one was meant for what stood there at the first: “Ask”, now “Stop”, say.
  if (event.detail > 1 && !button.matches(".step")) return event.preventDefault();
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
    box.value = typed;
    grow();
  } else closeSource();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (current !== null) return give("Stopped.");
  if (!box.value.trim()) return box.focus();
  if (opening) return;
  const question = box.value;
  box.value = edited ? typed : "";
  ask(question, edited);
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
  keepDraft();
}
box.addEventListener("input", grow);

addEventListener("hashchange", view);
