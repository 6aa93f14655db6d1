// What a person says of an answer or of a quote → the server, which keeps it in a file; what was said stays with the
// conversation, so that the buttons show it.
function ratedTurn(button) {
  return button.closest(".turn") || (opener && opener.closest(".turn"));
}

function paintRates(where, entry) {
  for (const button of where.querySelectorAll('[data-do="rate"]')) {
    const said = entry && entry.rated[button.dataset.citation];
    button.setAttribute("aria-pressed", said === button.dataset.verdict);
    button.closest(".rate").hidden = !entry; // nothing can be said of half an answer
  }
}

async function rate(button) {
  const entry = entryOf(ratedTurn(button));
  if (!entry) return;
  const pressed = button.getAttribute("aria-pressed") === "true";
  const row = button.closest(".rate");
  if (!(await say(row, entry, button.dataset.citation, pressed ? null : button.dataset.verdict, ""))) return;
  paintRates(row.parentElement, entry);
  if (!pressed) row.append(commentForm(row, entry, button.dataset.citation, button.dataset.verdict));
}

// Whether it was kept; a reason why not stands beside the buttons.
async function say(row, entry, citation, verdict, comment) {
  const rated = talk; // another may be open when the server answers
  let problem = LOST;
  try {
    ({ problem } = await post("rate", { record: entry.record, citation: Number(citation), verdict, comment }));
  } catch {} // it does not answer
  row.querySelectorAll(".comment, .told").forEach((one) => one.remove());
  if (problem) return tellRate(row, problem);
  if (verdict) entry.rated[citation] = verdict;
  else delete entry.rated[citation];
  keepTalk(rated);
  said.textContent = verdict ? "Kept." : "Taken back.";
  return true;
}

function tellRate(row, text) {
  const told = document.createElement("span");
  told.className = "told";
  told.textContent = said.textContent = text;
  row.append(told);
}

function commentForm(row, entry, citation, verdict) {
  const form = fragment(
    '<form class="comment"><input type="text" maxlength="2000" aria-label="Comment" placeholder="Why? (optional)"><button type="submit" class="small">Send</button></form>',
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const comment = form.querySelector("input").value.trim();
    if (comment && (await say(row, entry, citation, verdict, comment))) tellRate(row, "Thank you.");
  });
  return form;
}
