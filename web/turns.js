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
