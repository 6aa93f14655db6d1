// The filter over the questions that went wrong; and, inside the chat, the colours that its switch chose.
const form = document.getElementById("filter");
const failures = [...document.querySelectorAll(".failure")];

function choose() {
  const { way, kind, words, shown } = form.elements;
  const wanted = words.value.toLowerCase().trim();
  let count = 0;
  for (const one of failures) {
    const fits =
      (!way.value || one.dataset.way === way.value) &&
      (!kind.value || one.dataset.kind === kind.value) &&
      (!wanted || one.textContent.toLowerCase().includes(wanted));
    one.hidden = !fits;
    count += fits;
  }
  shown.value = `${count} shown`;
}

form.hidden = failures.length === 0;
form.addEventListener("input", choose);
form.addEventListener("submit", (event) => event.preventDefault());
choose();
addEventListener("message", (event) => {
  const theme = event.data && event.data.theme;
  if (["light", "dark", "system"].includes(theme)) document.documentElement.dataset.theme = theme;
});
