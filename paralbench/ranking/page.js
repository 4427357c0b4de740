
"use strict";
for (const button of document.querySelectorAll("button[data-sort]")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th"), body = button.closest("table").tBodies[0];
    const key = button.dataset.sort;
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.dataset[key];
    const compare = (a, b) => ["model", "head"].includes(key) ? value(a).localeCompare(value(b)) : value(a) - value(b);
    const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) * compare(a, b));
    body.append(...rows);
  });
}
const find = document.getElementById("find");
if (find) {
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const section of document.querySelectorAll("section[data-task]")) {
      const whole = section.dataset.task.includes(wanted);
      let any = false;
      for (const row of section.querySelector("tbody").rows) {
        const hit = whole || row.dataset.model.includes(wanted) || row.dataset.head.includes(wanted);
        row.hidden = !hit;
        any = any || hit;
      }
      section.hidden = !any;
    }
  });
}
function open() {
  const entry = location.hash && document.getElementById(location.hash.slice(1));
  if (entry && entry.tagName === "DETAILS") entry.open = true;
}
addEventListener("hashchange", open);
open();
