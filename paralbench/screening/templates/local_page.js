// Sends what is dropped on the page to the address it came from, one after the other, and shows each row as text.

// WORDS, the texts in the reader's language, is defined by the server before this line.
function say(key, values) {
  return WORDS[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const state = document.getElementById("state");
const rows = document.getElementById("rows");
const queue = document.getElementById("queue");
const drop = document.getElementById("drop");
const printer = document.getElementById("print");
const waiting = [];
let busy = false;
let done = 0;
let failed = 0;

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
  for (const doubt of row.doubts) add(section, "p", say("doubt", { doubt })).className = "note";
  if (row.state !== "not scored: quality") add(section, "p", say("action", { action: row.action }));
  for (const warning of row.warnings) add(section, "p", say("warning", { warning })).className = "note";
  if (row.quality.length) {
    const details = document.createElement("details");
    add(details, "summary", say("quality"));
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
  add(section, "p", say("sha256", { sha256: row.sha256 })).className = "hash";
  rows.prepend(section);
  printer.disabled = false;
}

function count() {
  const total = done + failed + waiting.length + (busy ? 1 : 0);
  state.textContent = failed ? say("failures", { done: done + failed, total, failed }) : say("progress", { done, total });
}

function send(file, item) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", "score?name=" + encodeURIComponent(file.name));
    request.upload.onprogress = (event) => {
      const share = event.lengthComputable ? Math.round((100 * event.loaded) / event.total) : 0;
      item.textContent = share < 100 ? say("reading", { name: file.name, share }) : say("scoring", { name: file.name });
    };
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch (error) { /* no JSON: handled below */ }
      if (request.status === 200 && answer) {
        show(answer);
        item.remove();
        done += 1;
      } else {
        item.textContent = say("error", { name: file.name, reason: answer ? answer.error : say("no_answer") });
        failed += 1;
      }
      resolve();
    };
    request.onerror = () => {
      item.textContent = say("error", { name: file.name, reason: say("not_running") });
      failed += 1;
      resolve();
    };
    request.send(file);
  });
}

async function work() {
  if (busy) return;
  while (waiting.length) {
    const [file, item] = waiting.shift();
    busy = true;
    count();
    await send(file, item);
    busy = false;
    count();
  }
}

function enqueue(files) {
  for (const file of files) waiting.push([file, add(queue, "li", say("waiting", { name: file.name }))]);
  work();
}

document.getElementById("files").addEventListener("change", (event) => {
  enqueue([...event.target.files]);
  event.target.value = "";
});
printer.addEventListener("click", () => window.print());
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  enqueue([...event.dataTransfer.files]);
});
window.addEventListener("beforeunload", (event) => {
  if (busy || waiting.length) event.preventDefault();
});
