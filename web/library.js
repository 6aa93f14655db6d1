// The library: the list with its filters and choices, a document to read or to remove.
// What the server sends is escaped there; what is set here is set as text.
const list = part("aq-list");
const reading = part("aq-document");
const chosen = new Map(); // document id → title; stays while filters change
let scope = null; // what is asked within: ids of documents or a collection; null asks all
let listing = 0; // number of the latest request for the list
let shown = {}; // what the list was made of
let settling = 0;

function pieces(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

// A part of the page; null, which is told, where there is none.
async function get(address) {
  try {
    const reply = await fetch(address, { cache: "no-store" });
    if (reply.ok || reply.status === 404) return await reply.text();
  } catch {} // it does not answer
  said.textContent = LOST;
  return null;
}

// Whether the keyboard is nowhere else than where it was left: what comes late must not take it from where somebody types.
function idle(button = null) {
  return [document.body, null, button].includes(document.activeElement);
}

function wanted() {
  const form = part("aq-filters");
  return form ? new URLSearchParams(new FormData(form)) : new URLSearchParams();
}

async function openLibrary(id, passage, came) {
  list.hidden = Boolean(id);
  reading.hidden = !id;
  if (id) return openDocument(id, passage);
  const left = reading.dataset.id;
  const [address, at] = [location.hash, document.activeElement];
  reading.replaceChildren();
  delete reading.dataset.id;
  if (came || !list.firstElementChild?.matches(".library-page")) await openList();
  if (location.hash !== address || !idle(at)) return;
  const link = left && [...list.querySelectorAll(".shelf .work")].find((one) => one.hash === "#library/" + left);
  if (link) link.focus();
  else scrollTo({ top: 0, behavior: "instant" });
}

// The list and its filters anew, where they are other than before. What can be meant to be clicked on else stays, and so do
// the place where files are added and what is typed: the window to choose a file may be open.
async function openList() {
  const number = ++listing;
  const old = list.querySelector(".library-page");
  if (!old) list.replaceChildren(noted("Opening the library", "progress"));
  const html = await get("library?" + wanted());
  if (number !== listing) return;
  if (html === null) return old || list.replaceChildren(noted(LOST, "note"));
  const fresh = pieces(html);
  const filters = [...fresh.querySelectorAll(".filter:not(.words)")];
  const made = { shelf: fresh.getElementById("aq-shelf").innerHTML, filters: filters.map((one) => one.outerHTML).join("") };
  if (!old) list.replaceChildren(fresh);
  else {
    if (made.shelf !== shown.shelf) part("aq-shelf").replaceWith(fresh.getElementById("aq-shelf"));
    if (made.filters !== shown.filters) {
      for (const select of list.querySelectorAll(".filter:not(.words)")) select.remove();
      part("aq-filters").append(...filters);
    }
  }
  shown = made;
  mark();
}

async function sift() {
  const number = ++listing;
  const html = await get("library?part=shelf&" + wanted());
  if (html === null || number !== listing) return;
  part("aq-shelf").replaceChildren(pieces(html));
  shown = {};
  mark();
  said.textContent = part("aq-count").textContent;
}

async function openDocument(id, passage) {
  if (reading.dataset.id === id) return seek(passage);
  reading.dataset.id = id;
  const at = document.activeElement;
  reading.replaceChildren(noted("Opening the document", "progress"));
  const html = await get("library/document?" + new URLSearchParams({ id, passage }));
  if (reading.dataset.id !== id) return;
  if (html === null) {
    delete reading.dataset.id; // to be tried again
    return reading.replaceChildren(noted(LOST, "note"));
  }
  reading.replaceChildren(pieces(html));
  if (root.dataset.view !== "library" || seek(passage)) return;
  scrollTo({ top: 0, behavior: "instant" });
  if (idle(at)) reading.querySelector("h2").focus({ preventScroll: true });
}

// Show that passage of the document, with the words that were last opened as a quote of it; whether it is there.
function seek(passage) {
  const found = passage && reading.querySelector(`[data-passage="${CSS.escape(passage)}"]`);
  if (!found) return false;
  for (const old of reading.querySelectorAll(".is-sought")) {
    old.classList.remove("is-sought");
    old.replaceChildren(old.textContent);
  }
  found.classList.add("is-sought");
  const [before, ...after] = lastQuote ? found.textContent.split(lastQuote) : [];
  if (after.length) {
    const quoted = document.createElement("mark");
    quoted.textContent = lastQuote;
    found.replaceChildren(before, quoted, after.join(lastQuote));
  }
  found.scrollIntoView({ block: "start", behavior: "instant" });
  found.focus({ preventScroll: true });
  return true;
}

// Show what is chosen, and what can be asked within.
function mark() {
  const button = list.querySelector(".within");
  if (!button) return;
  for (const box of list.querySelectorAll(".choose")) box.checked = chosen.has(box.value);
  const these = button.dataset.ids ? button.dataset.ids.split(" ").length : 0;
  button.hidden = !chosen.size && !these;
  button.textContent = chosen.size === 1 ? "Ask within the chosen one" : chosen.size ? `Ask within the ${chosen.size} chosen` : `Ask within these ${these}`;
  list.querySelector(".choose-none").hidden = !chosen.size;
}

function setScope(names, label) {
  scope = names;
  part("aq-scope").hidden = !names;
  part("aq-scope").querySelector("b").textContent = label;
  keepDraft();
}

function askWithin(names, label) {
  setScope(names, label);
  said.textContent = names ? `Asking within ${label}` : "Asking all documents";
  showChat();
  box.focus();
}

function askWithinThese(button) {
  if (chosen.size) return askWithin([...chosen.keys()], chosen.size === 1 ? [...chosen.values()][0] : `${chosen.size} documents`);
  const values = Object.fromEntries([...wanted()].filter(([, value]) => value));
  const ids = button.dataset.ids.split(" ");
  if (values.collection && Object.keys(values).length === 1) askWithin([values.collection], values.collection);
  else askWithin(ids, ids.length === 1 ? list.querySelector(".choose").dataset.title : `${ids.length} documents`);
}

async function more(button, address, holder) {
  button.disabled = true;
  const html = await get(address);
  if (html === null) return void (button.disabled = false);
  const fresh = pieces(html);
  const next = fresh.querySelector(".more");
  const rows = [...(fresh.querySelector(".shelf") || fresh).children].filter((one) => one !== next);
  const still = idle(button);
  holder.append(...rows);
  if (next) button.replaceWith(next);
  else button.remove();
  mark();
  shown = {};
  const first = rows[0] && rows[0].querySelector("input, a");
  if (first && still) first.focus();
}

// Asks once more in its own words, then removes.
async function remove(button) {
  if (!button.dataset.sure) {
    button.dataset.sure = button.textContent;
    button.textContent = `Really remove ${button.dataset.file}?`;
    button.addEventListener("blur", () => calm(button), { once: true });
    return;
  }
  button.disabled = true;
  const reply = await send("DELETE", "library/files?id=" + encodeURIComponent(button.dataset.id));
  if (!reply.removed) {
    button.disabled = false;
    button.textContent = said.textContent = `Not removed: ${reply.error}`;
    return;
  }
  for (const id of reply.removed) chosen.delete(id);
  if (scope && scope.some((name) => reply.removed.includes(name))) setScope(null, "");
  greet();
  said.textContent = `Removed ${button.dataset.file}`;
  const there = root.dataset.view === "library" && (reading.hidden || reply.removed.includes(reading.dataset.id));
  if (reply.removed.includes(reading.dataset.id)) delete reading.dataset.id;
  if (there && location.hash !== "#library") location.hash = "#library";
  await openList();
  if (there && idle(button)) list.querySelector("h2").focus();
}

function calm(button) {
  if (button.disabled || !button.dataset.sure) return;
  button.textContent = button.dataset.sure;
  delete button.dataset.sure;
}

const shelfActions = {
  within: askWithinThese,
  "within-one": (button) => askWithin([button.dataset.id], button.dataset.title),
  anywhere: () => askWithin(null, ""),
  "choose-none": () => {
    chosen.clear();
    mark();
    list.querySelector(".choose").focus();
  },
  more: (button) => more(button, `library?part=shelf&first=${button.dataset.first}&${wanted()}`, list.querySelector(".shelf")),
  "more-passages": (button) => {
    const address = `library/document?id=${encodeURIComponent(button.dataset.id)}&first=${button.dataset.first}`;
    more(button, address, button.parentElement).then(() => reading.querySelector(".reading").append(...reading.querySelectorAll(".more")));
  },
  remove,
};

list.addEventListener("change", (event) => {
  if (event.target.matches(".choose")) {
    if (event.target.checked) chosen.set(event.target.value, event.target.dataset.title);
    else chosen.delete(event.target.value);
    mark();
  } else if (event.target.id === "aq-files") {
    add(event.target.files);
    event.target.value = "";
  } else if (event.target.matches("select")) sift();
});
list.addEventListener("input", (event) => {
  if (event.target.name !== "words") return;
  clearTimeout(settling);
  settling = setTimeout(sift, 200);
});
list.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(settling);
  sift();
});
