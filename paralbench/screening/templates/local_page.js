// Sends what is dragged onto the page to the address it came from, and shows the row as text.
"use strict";

const state = document.getElementById("state");
const rows = document.getElementById("rows");

function add(parent, tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}

function show(row) {
  const section = document.createElement("section");
  add(section, "h2", row.id);
  add(section, "p", row.decided).className = "big";
  add(section, "p", "What to do: " + row.action);
  for (const warning of row.warnings) add(section, "p", "Keep in mind: " + warning).className = "note";
  if (row.quality.length) {
    const details = document.createElement("details");
    add(details, "summary", "Quality of the recording");
    const table = document.createElement("table");
    table.className = "small";
    for (const [name, value] of row.quality) {
      const line = table.insertRow();
      add(line, "th", name).scope = "row";
      add(line, "td", value);
    }
    details.append(table);
    section.append(details);
  }
  rows.prepend(section);
}

async function send(files) {
  for (const file of files) {
    state.textContent = "Processing " + file.name + " …";
    try {
      const answer = await fetch("score?name=" + encodeURIComponent(file.name), { method: "POST", body: file });
      const row = await answer.json();
      if (answer.ok) show(row);
      state.textContent = answer.ok ? "" : file.name + ": " + row.error;
      if (!answer.ok) return;
    } catch (error) {
      state.textContent = file.name + ": no answer; is the program still running?";
      return;
    }
  }
}

document.getElementById("files").addEventListener("change", (event) => send([...event.target.files]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  send([...event.dataTransfer.files]);
});
