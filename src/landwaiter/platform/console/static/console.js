// Works without; better with: the text filter of a table answers while one types, and lists keep themselves current.
"use strict";
for (const box of document.querySelectorAll("input[data-filter]")) {
  const rows = [...document.querySelectorAll(box.dataset.filter + " tbody tr")].filter((row) => !row.querySelector(".empty"));
  const shown = document.querySelector(box.dataset.count);
  const total = rows.length;
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    if (shown) shown.textContent = `${count} of ${total} shown`;
  });
}
// A page is not replaced under somebody who uses it: with the focus inside, a text selected or a detail opened.
const refresh = document.querySelector("main[data-refresh]");
const inUse = () =>
  document.hidden ||
  (refresh !== document.activeElement && refresh.contains(document.activeElement)) ||
  refresh.querySelector("details[open]") !== null ||
  !document.getSelection()?.isCollapsed;
if (refresh) {
  setInterval(async () => {
    if (inUse()) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (fresh && !inUse()) refresh.replaceChildren(...fresh.childNodes);
  }, 1000 * Number(refresh.dataset.refresh));
}
