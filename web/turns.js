// A turn's elements: made, grown while the server sends, given up; and what is copied from them.
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

// The turn as it is until the server's first word.
function begin(question) {
  current = ++turns;
  asking = new AbortController();
  unanswered = question;
  keepDraft();
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

// The turn of that number as the server makes it: a line of JSON each time that there is more of it.
async function pour(number, sent) {
  let rest = "";
  try {
    const reply = await fetch("turn", { method: "POST", body: JSON.stringify(sent), signal: asking.signal });
    if (!reply.ok) return give(`The program refuses it (${reply.status}). Ask again in a moment.`, number);
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let one = await reader.read(); !one.done; one = await reader.read()) {
      const lines = (rest + one.value).split("\n");
      rest = lines.pop();
      for (const line of lines) receive(number, fragment(JSON.parse(line)));
    }
    give("The answer broke off. Ask again in a moment.", number);
  } catch {
    give(LOST, number);
  }
}

// While nothing comes: is the server still there? Where the network hangs, nothing else tells.
async function listen() {
  const number = current;
  if (number === null || Date.now() - heardAt < PATIENCE) return;
  try {
    if ((await fetch("healthz", { cache: "no-store", signal: AbortSignal.timeout(10 * PATIENCE) })).ok) return;
  } catch {} // it is not
  give(LOST, number);
}

// What the server answers to values, as values. Throws where it answers nothing of the kind.
async function post(address, values) {
  const reply = await fetch(address, { method: "POST", body: JSON.stringify(values) });
  if (!reply.ok) throw new Error(reply.status);
  return reply.json();
}

// End the turn that is being answered, with a line that says why; nothing where it has ended already.
function give(reason, number = current) {
  if (current === null || number !== current) return;
  asking.abort();
  const turn = turnOf(current);
  const note = document.createElement("p");
  note.className = "note reply";
  note.textContent = reason;
  const progress = turn.querySelector(".progress");
  if (progress) progress.replaceWith(note);
  else turn.append(note);
  turn.dataset.state = "stopped";
  turn.append(
    fragment(
      '<div class="made"><span class="acts"><button type="button" class="small when-last" data-do="edit">Edit question</button><button type="button" class="small when-last" data-do="again">Ask again</button></span></div>',
    ),
  );
  finish(turn);
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

// What would be lost if the page were loaded anew: the words in the box, the question that has no answer yet, and what is
// asked within. Kept by the tab.
const DRAFT = "aq-draft";
let unanswered = "";

function keepDraft() {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify({ text: box.value, unanswered, scope, within: part("aq-scope").querySelector("b").textContent }));
  } catch {} // a browser that keeps nothing
}

function keptDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT)) || {};
  } catch {
    return {};
  }
}
