// Files that are added to the library: each has a line that tells how far it is, and what became of it.
const arriving = []; // files that wait, each with its line
let busyAdding = false;

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
  greet(); // the first screen tells how many documents there are
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

addEventListener("beforeunload", (event) => {
  if (busyAdding) event.preventDefault(); // a file that is half sent would be lost
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
