// The source panel and the hint over a number. Runs once, in the function that Gradio makes of `js_on_load`:
// `element` is the component's own element.
const root = element.querySelector(".aq");
const part = (id) => element.querySelector("#" + id);
const panel = part("aq-panel");
const panelBody = part("aq-panel-body");
const hint = part("aq-hint");
const wide = window.matchMedia("(min-width: 1080px)");
let lastQuote = ""; // the words of the source that was opened last
let opener = null; // the button whose source is shown; focus goes back to it

function sourceOf(button) {
  const turn = button.closest(".turn");
  return turn && turn.querySelector(`.sources > [data-source="${CSS.escape(button.dataset.open)}"]`);
}

// The numbers of one answer in the order of its sources, one button each, so that one can step through them.
function stepsFrom(button) {
  const turn = button.closest(".turn");
  return [...turn.querySelectorAll(".sources > [data-source]")]
    .map((source) => turn.querySelector(`[data-open="${CSS.escape(source.dataset.source)}"]`))
    .filter(Boolean);
}

function openSource(button) {
  const source = sourceOf(button);
  if (!source) return;
  hideHint();
  markOpen(null);
  opener = button;
  markOpen(button);
  const shown = source.cloneNode(true);
  shown.querySelector(".source-title").id = "aq-panel-title";
  panelBody.replaceChildren(...shown.childNodes);
  paintRates(panelBody, entryOf(button.closest(".turn")));
  const steps = stepsFrom(button);
  const at = steps.findIndex((step) => step.dataset.open === button.dataset.open);
  part("aq-where").textContent = `${source.dataset.name} of ${steps.length}`.replace("passage of", "passage,");
  panel.querySelector('[data-do="previous"]').disabled = at <= 0;
  panel.querySelector('[data-do="next"]').disabled = at >= steps.length - 1;
  if (!panel.open) showPanel();
  const passage = panelBody.querySelector(".passage");
  const words = passage.querySelector("mark") || passage.querySelector(".words");
  lastQuote = passage.querySelector("mark")?.textContent || "";
  const above = words.getBoundingClientRect().top - passage.getBoundingClientRect().top;
  passage.scrollTop += above - passage.clientHeight * 0.25;
  panelBody.querySelector(".source-title").focus({ preventScroll: true });
}

function showPanel() {
  if (wide.matches) panel.show();
  else panel.showModal();
}

function closeSource() {
  if (!panel.open) return;
  panel.close();
  const back = opener;
  markOpen(null);
  opener = null;
  if (back && back.isConnected) back.focus();
}

function step(by) {
  if (!opener) return;
  const steps = stepsFrom(opener);
  const at = steps.findIndex((one) => one.dataset.open === opener.dataset.open);
  const next = steps[at + by];
  if (!next) return;
  const pressed = document.activeElement;
  openSource(next);
  next.scrollIntoView({ block: "nearest" });
  if (pressed && pressed.classList.contains("step") && !pressed.disabled) pressed.focus();
}

function markOpen(button) {
  for (const old of element.querySelectorAll(".is-open")) old.classList.remove("is-open");
  if (!button) return;
  button.classList.add("is-open");
  const claim = button.closest(".claim");
  if (claim) claim.classList.add("is-open");
}

// The hint: the quoted words and where they are from, or what a term means, on hover and on focus by keyboard.
let hintTimer = 0;
const HINTED = ".turn .cite, .turn .term";

function hintOf(button) {
  if (button.dataset.term) return [button.dataset.meaning, `Glossary: ${button.dataset.term}`];
  const source = sourceOf(button);
  if (!source || !source.querySelector("mark") || button.classList.contains("is-open")) return null;
  const facts = source.querySelector(".source-facts");
  const from = source.querySelector(".source-title").textContent + (facts ? " · " + facts.textContent : "");
  return [source.querySelector("mark").textContent, from];
}

function showHint(button) {
  const words = button.isConnected && hintOf(button);
  if (!words) return;
  [hint.querySelector(".hint-quote").textContent, hint.querySelector(".hint-source").textContent] = words;
  hint.hidden = false;
  const at = button.getBoundingClientRect();
  const left = Math.min(Math.max(12, at.left - 24), document.documentElement.clientWidth - hint.offsetWidth - 12);
  const above = at.top - hint.offsetHeight - 8;
  hint.style.left = left + "px";
  hint.style.top = (above > 8 ? above : at.bottom + 8) + "px";
  button.setAttribute("aria-describedby", "aq-hint");
}

function hideHint() {
  clearTimeout(hintTimer);
  hint.hidden = true;
  for (const old of element.querySelectorAll('[aria-describedby="aq-hint"]')) old.removeAttribute("aria-describedby");
}

function hintSoon(button) {
  clearTimeout(hintTimer);
  hintTimer = setTimeout(() => (button ? showHint(button) : hideHint()), button ? 250 : 150);
}

document.addEventListener("mouseover", (event) => {
  const over = event.target.closest && event.target.closest(`${HINTED}, .hint`);
  if (!over) return hint.hidden ? clearTimeout(hintTimer) : hintSoon(null);
  if (over !== hint) hintSoon(over);
  else clearTimeout(hintTimer);
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches(HINTED) && event.target.matches(":focus-visible")) showHint(event.target);
  else if (!hint.hidden) hideHint();
});
document.addEventListener("click", (event) => {
  if (event.target.matches && event.target.matches(".turn .term")) showHint(event.target); // a tap
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches || !event.target.matches(".turn .term") || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  showHint(event.target);
});
document.addEventListener("scroll", () => {
  const reached = document.activeElement; // by keyboard, which scrolls to it
  if (!hint.hidden && reached.matches(HINTED) && reached.matches(":focus-visible")) showHint(reached);
  else hideHint();
}, { passive: true, capture: true });

panel.addEventListener("cancel", (event) => {
  event.preventDefault();
  closeSource();
});
panel.addEventListener("click", (event) => {
  if (event.target === panel && !wide.matches) closeSource(); // a tap beside the sheet
});
wide.addEventListener("change", () => {
  if (!panel.open) return;
  panel.close();
  showPanel();
});
