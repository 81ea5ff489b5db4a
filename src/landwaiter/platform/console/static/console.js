// Works without; better with: a text filter for long tables, and a running page that keeps itself current.
"use strict";
for (const box of document.querySelectorAll("input[data-filter]")) {
  const rows = [...document.querySelectorAll(box.dataset.filter + " tbody tr")];
  const shown = document.querySelector(box.dataset.count);
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    if (shown) shown.textContent = `${count} of ${rows.length} shown`;
  });
}
const refresh = document.querySelector("main[data-refresh]");
if (refresh) {
  setInterval(async () => {
    if (document.hidden || document.activeElement?.matches("input, select")) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (fresh) refresh.replaceChildren(...fresh.childNodes);
  }, 1000 * Number(refresh.dataset.refresh));
}
