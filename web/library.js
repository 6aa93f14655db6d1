// The library: the list with its filters and choices, a document to read, files that are added and removed.
// What the server sends is escaped there; what is set here is set as text.
const list = part("aq-list");
const reading = part("aq-document");
const chosen = new Map(); // document id → title; stays while filters change
const arriving = []; // files that wait, with the line that tells of each
let scope = null; // what is asked within: ids of documents or a collection; null asks all
let asking = 0; // number of the latest request for the list
let settling = 0;
let busyAdding = false;

function pieces(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

async function get(address) {
  try {
    return await (await fetch(address, { cache: "no-store" })).text();
  } catch {
    said.textContent = LOST;
    return null;
  }
}

function wanted() {
  const form = part("aq-filters");
  return form ? new URLSearchParams(new FormData(form)) : new URLSearchParams();
}

async function openLibrary(id, came) {
  list.hidden = Boolean(id);
  reading.hidden = !id;
  if (id) return openDocument(id);
  const left = reading.dataset.id;
  reading.replaceChildren();
  delete reading.dataset.id;
  if (came || !list.firstChild) await openList();
  const link = left && [...list.querySelectorAll(".shelf .work")].find((one) => one.hash === "#library/" + left);
  if (link) link.focus();
  else scrollTo({ top: 0, behavior: "instant" });
}

// The list and its filters anew. Where files are added and what is typed stay: the window to choose a file may be open.
async function openList() {
  const number = ++asking;
  const html = await get("library?" + wanted());
  if (html === null || number !== asking) return;
  const fresh = pieces(html);
  if (!list.firstChild) list.replaceChildren(fresh);
  else {
    part("aq-shelf").replaceWith(fresh.getElementById("aq-shelf"));
    for (const select of list.querySelectorAll(".filter:not(.words)")) select.remove();
    part("aq-filters").append(...fresh.querySelectorAll(".filter:not(.words)"));
  }
  mark();
}

async function sift() {
  const number = ++asking;
  const html = await get("library?part=shelf&" + wanted());
  if (html === null || number !== asking) return;
  part("aq-shelf").replaceChildren(pieces(html));
  mark();
  said.textContent = part("aq-count").textContent;
}

async function openDocument(id) {
  if (reading.dataset.id === id) return;
  reading.dataset.id = id;
  const html = await get("library/document?id=" + encodeURIComponent(id));
  if (html === null || reading.dataset.id !== id) return;
  reading.replaceChildren(pieces(html));
  scrollTo({ top: 0, behavior: "instant" });
  reading.querySelector("h2").focus({ preventScroll: true });
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

function askWithin(names, label) {
  scope = names;
  part("aq-scope").hidden = !names;
  part("aq-scope").querySelector("b").textContent = label;
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
  holder.append(...rows);
  if (next) button.replaceWith(next);
  else button.remove();
  mark();
  const first = rows[0] && rows[0].querySelector("input, a");
  if (first) first.focus();
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
  if (scope && scope.some((name) => reply.removed.includes(name))) {
    scope = null;
    part("aq-scope").hidden = true;
  }
  trigger("fresh", {});
  delete reading.dataset.id;
  if (location.hash !== "#library") location.hash = "#library";
  await openList();
  said.textContent = `Removed ${button.dataset.file}`;
  list.querySelector("h2").focus();
}

function calm(button) {
  if (button.disabled || !button.dataset.sure) return;
  button.textContent = button.dataset.sure;
  delete button.dataset.sure;
}

// The server's answer as it stands, or { error }. `told` hears of the bytes that are sent.
function send(method, address, body = null, told = () => {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.upload.addEventListener("progress", (event) => told(event.loaded / (event.total || 1)));
    request.addEventListener("loadend", () => {
      try {
        resolve(JSON.parse(request.responseText));
      } catch {
        resolve({ error: request.status ? `the server refused it (${request.status})` : "the program does not answer" });
      }
    });
    request.send(body);
  });
}

function add(files) {
  for (const file of files) {
    const line = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const note = document.createElement("span");
    name.className = "file";
    name.textContent = file.name;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    note.className = "note";
    note.textContent = "waits";
    line.append(name, bar, note);
    part("aq-incoming").append(line);
    arriving.push({ file, line, bar, note });
  }
  addNext();
}

async function addNext() {
  if (busyAdding) return;
  busyAdding = true;
  for (let one = arriving.shift(); one; one = arriving.shift()) {
    one.note.textContent = "is sent";
    const reply = await send("PUT", "library/files?name=" + encodeURIComponent(one.file.name), one.file, (part) => {
      one.bar.value = part;
      if (part < 1) return;
      one.bar.removeAttribute("value");
      one.note.textContent = "is read";
    });
    one.bar.remove();
    tell(one, reply);
  }
  busyAdding = false;
  trigger("fresh", {}); // the first screen tells how many documents there are
  await openList();
}

function tell({ file, line, note }, reply) {
  line.dataset.state = reply.error ? "failed" : "done";
  const problems = (reply.problems || []).map((words) => ` Left out: ${words}.`).join("");
  if (reply.error) note.textContent = `Not added: ${reply.error}`;
  else if (!reply.added.length) note.textContent = "Nothing new in it." + problems;
  else {
    const many = reply.added.length;
    note.textContent = `Added${many > 1 ? `, ${many} documents` : ""}.${problems} `;
    const link = document.createElement("a");
    link.href = "#library/" + encodeURIComponent(reply.added[0]);
    link.textContent = "Read";
    link.setAttribute("aria-label", `Read ${file.name}`);
    note.append(link);
  }
  said.textContent = `${file.name}: ${note.textContent}`;
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

for (const name of ["dragenter", "dragover", "dragleave", "drop"])
  document.addEventListener(name, (event) => {
    const zone = part("aq-drop");
    if (root.dataset.view !== "library" || !event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault(); // a file beside the place would be opened in the page's stead
    if (!zone || list.hidden) return;
    zone.classList.toggle("is-over", name === "dragenter" || name === "dragover");
    if (name === "drop") add(event.dataTransfer.files);
  });
