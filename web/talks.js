// Conversations as this browser keeps them: a name and the records of its turns, under one key each. They are drawn by
// the server when they are opened again, so nothing that lay here becomes markup. Nothing is dropped without a word.
const KEPT = "aq-talk-";
const ROOM = 4000000; // characters that all of them may take; browsers refuse somewhere above that
const talksDialog = part("aq-talks");
const talkName = part("aq-talk-name");
let talk = newTalk();
let opening = null; // the conversation that the server is drawing

function newTalk() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(8))];
  return { id: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""), name: "", changed: 0, turns: [] };
}

function nameOf(one) {
  return one.name || (one.turns.length ? one.turns[0].record.question.slice(0, 120) : "");
}

function entryOf(turn) {
  return turn && talk.turns.find((entry) => entry.number === Number(turn.dataset.number));
}

// What each number of the conversation stands for, so that the server goes on counting.
function cited() {
  return talk.turns.flatMap((entry) =>
    entry.record.citations.map((one) => [one.number, one.passage_id, one.start, one.end]),
  );
}

function keptTalks() {
  const found = [];
  try {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(KEPT))) {
      try {
        const one = JSON.parse(localStorage.getItem(key));
        if (one.turns.every((entry) => entry.record && entry.record.citations) && one.id) found.push(one);
      } catch {} // not ours
    }
  } catch {} // a browser that keeps nothing
  return found.sort((one, other) => other.changed - one.changed);
}

function keepTurn(turn) {
  const record = turn.querySelector(".record");
  if (!record) return;
  talk.turns.push({ number: Number(turn.dataset.number), record: JSON.parse(record.textContent), rated: {} });
  keepTalk();
}

function keepTalk(one = talk) {
  if (!one.turns.length) return;
  try {
    const before = JSON.parse(localStorage.getItem(KEPT + one.id));
    if (!before && one !== talk) return; // deleted meanwhile
    if (before && before.changed !== one.changed) {
      one.name = nameOf(one) + " (2)"; // another tab has gone on with it: this is a second one from here
      one.id = newTalk().id;
    }
    const changed = Date.now();
    const text = JSON.stringify({ ...one, changed });
    if (used(one.id) + text.length > ROOM) return unkept("The room for conversations in this browser is full.");
    localStorage.setItem(KEPT + one.id, text);
    one.changed = changed;
    if (one === talk) sessionStorage.setItem(KEPT, one.id);
    unkept("");
  } catch {
    unkept("This browser does not keep it.");
  }
}

// Characters that all conversations but one take.
function used(but) {
  const keys = Object.keys(localStorage).filter((name) => name.startsWith(KEPT) && name !== KEPT + but);
  return keys.reduce((sum, key) => sum + localStorage.getItem(key).length, 0);
}

function unkept(why) {
  const note = part("aq-unkept");
  note.hidden = !why;
  note.textContent = why && `${why} The latest of this conversation is on this page only. Save it as a file, or delete another one.`;
}

function forgetTurn(turn) {
  const number = Number(turn.dataset.number);
  talk.turns = talk.turns.filter((entry) => entry.number !== number);
}

function leaveTalk() {
  talk = newTalk();
  unkept("");
  try {
    sessionStorage.removeItem(KEPT);
  } catch {} // nothing was kept
}

// The conversation that this tab showed before it was loaded anew.
function lastTalk() {
  try {
    const id = sessionStorage.getItem(KEPT);
    return keptTalks().find((one) => one.id === id);
  } catch {}
}

// Whether it was opened: not where the server drew none, or something else was chosen meanwhile.
async function openTalk(one) {
  clear();
  talk = one;
  opening = one;
  try {
    sessionStorage.setItem(KEPT, one.id);
  } catch {} // the next reload shows the first screen
  turns = Math.max(turns, one.turns.length); // what still comes of an old turn finds no place
  start(false);
  log.replaceChildren(noted(`Opening “${nameOf(one)}”`, "progress"));
  let drawn;
  try {
    drawn = await post("restore", one.turns.map((entry) => entry.record));
  } catch {
    drawn = { problem: LOST };
  }
  if (opening !== one) return false;
  opening = null;
  if (!drawn.turns) {
    talk = newTalk(); // what is kept stays as it is
    log.replaceChildren(noted(`“${nameOf(one)}” cannot be opened. ${drawn.problem}`, "note"));
    return true;
  }
  log.replaceChildren();
  drawn.turns.forEach((html, at) => {
    const turn = fragment(html);
    one.turns[at].number = Number(turn.dataset.number);
    log.append(turn);
    paintRates(turn, one.turns[at]);
  });
  log.lastElementChild.scrollIntoView({ block: "start" });
  return true;
}

function noted(words, kind) {
  const note = document.createElement("p");
  note.className = kind;
  note.textContent = words;
  return note;
}

// The dialog.

function showTalks() {
  part("aq-talks-said").replaceChildren();
  paintTalks();
  talksDialog.showModal();
}

function paintTalks() {
  const kept = keptTalks();
  talkName.value = nameOf(talk);
  talkName.closest("div").hidden = !talk.turns.length;
  part("aq-talk-list").replaceChildren(...kept.map(listed));
  const share = Math.ceil((100 * kept.reduce((sum, one) => sum + JSON.stringify(one).length, 0)) / ROOM);
  part("aq-talks-note").textContent = kept.length
    ? `Kept in this browser only, until you delete them. ${share} % of the room is used.`
    : "What you ask is kept here, in this browser only.";
}

function listed(one) {
  const row = document.createElement("li");
  const open = document.createElement("button");
  open.type = "button";
  open.className = "talk-open";
  open.textContent = nameOf(one);
  if (one.id === talk.id) open.setAttribute("aria-current", "true");
  const about = document.createElement("span");
  const count = one.turns.length;
  about.textContent = `${count} question${count === 1 ? "" : "s"} · ${new Date(one.changed).toLocaleDateString()}`;
  open.append(about);
  open.addEventListener("click", () => {
    talksDialog.close();
    showChat();
    openTalk(one);
  });
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "small";
  remove.textContent = "Delete";
  remove.setAttribute("aria-label", "Delete: " + nameOf(one));
  remove.addEventListener("click", () => removeTalk(one));
  row.append(open, remove);
  return row;
}

function removeTalk(one) {
  localStorage.removeItem(KEPT + one.id);
  if (one.id === talk.id) clear();
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "small";
  undo.textContent = "Undo";
  undo.addEventListener("click", () => {
    localStorage.setItem(KEPT + one.id, JSON.stringify(one));
    part("aq-talks-said").replaceChildren("It is back.");
    paintTalks();
  });
  paintTalks();
  part("aq-talks-said").replaceChildren(`Deleted “${nameOf(one)}”. `, undo);
  undo.focus();
}

function saveTalk(form) {
  const markdown = [...log.querySelectorAll(".sources > .markdown")].map((one) => one.textContent).join("\n---\n\n");
  const json = { name: nameOf(talk), saved: new Date().toISOString(), turns: talk.turns.map((entry) => entry.record) };
  const text = form === "json" ? JSON.stringify(json, null, 1) : `# ${nameOf(talk).replace(/[\\`*_<>#|[\]]/g, "\\$&")}\n\n${markdown}`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: form === "json" ? "application/json" : "text/markdown" }));
  link.download = "alignment-conversation." + form;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

talkName.addEventListener("change", () => {
  talk.name = talkName.value.trim();
  keepTalk();
  paintTalks();
});
talksDialog.addEventListener("click", (event) => {
  if (event.target === talksDialog) talksDialog.close(); // beside it
});
