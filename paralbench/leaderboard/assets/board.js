"use strict";
// Tables of the page, sorted by the buttons in their headings.
for (const table of document.querySelectorAll("table.sortable")) {
  for (const button of table.querySelectorAll("button[data-sort]")) {
    button.addEventListener("click", () => {
      const key = button.dataset.sort, down = turned(button.closest("th"));
      const rows = [...table.tBodies[0].rows].sort((a, b) => within(a.dataset, b.dataset, key) || compared(a.dataset[key], b.dataset[key], down));
      table.tBodies[0].append(...rows);
    });
  }
}

function turned(heading) {
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  return down;
}

// Scores of two metrics cannot be compared: each metric's entries stay together.
function within(a, b, key) {
  return ["score", "low"].includes(key) ? compared(a.metric, b.metric, false) : 0;
}

// Unknown values are last in either direction.
function compared(a, b, down) {
  const missing = (x) => x === null || x === undefined || x === "";
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const order = isNaN(a) || isNaN(b) ? String(a).localeCompare(String(b)) : a - b;
  return down ? -order : order;
}

// The front page: tasks that match the search.
const find = document.getElementById("find");
if (find) {
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    let shown = 0;
    for (const section of document.querySelectorAll("section[data-find]")) {
      section.hidden = !section.dataset.find.toLowerCase().includes(wanted) || unasked(section);
      shown += !section.hidden;
    }
    document.getElementById("found").textContent = wanted ? `${shown} tables` : "";
  });
}

// Tables on synthetic data are shown where the reader asks for them.
const synthetic = document.getElementById("synthetic");
function unasked(section) {
  return section.classList.contains("synthetic") && !synthetic?.checked;
}
if (synthetic) {
  synthetic.addEventListener("change", () => {
    for (const section of document.querySelectorAll("section.synthetic")) section.hidden = unasked(section);
    find?.dispatchEvent(new Event("input"));
  });
}

// A chart's costs, one at a time.
for (const figure of document.querySelectorAll("figure.costs")) {
  figure.addEventListener("change", (event) => {
    for (const view of figure.querySelectorAll(".view")) view.hidden = view.dataset.view !== event.target.value;
  });
}

const explorer = document.getElementById("explorer");
if (explorer) explore(explorer);

function explore(form) {
  const records = JSON.parse(document.getElementById("records").textContent);
  const STEP = 200;
  const short = (x) => x === null ? "–" : Math.abs(x) < 1000 ? String(Number(x.toPrecision(3)))
    : Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(x);
  const seen = (state) => (state === "clean" ? "no" : state === "unknown" ? state : `yes (${state})`);
  const COLUMNS = [
    ["rank", "Rank", (r) => r.rank === null ? "–" : r.ranks ? `${r.rank} (${r.ranks.join("–")})` : String(r.rank), true, true],
    ["task", "Task", (r) => r.task, false, true],
    ["model", "Model", (r) => r.model, false, true],
    ["head", "Head", (r) => r.head, false, true],
    ["metric", "Metric", (r) => r.metric, false, true],
    ["score", "Score", (r) => r.score.toFixed(3), true, true],
    ["low", "95 % interval", (r) => `${r.low.toFixed(3)} to ${r.high.toFixed(3)}`, false, true],
    ["parameters", "Parameters", (r) => short(r.parameters), true, true],
    ["macs", "MACs a second", (r) => short(r.macs), true, false],
    ["rtf", "Real-time factor", (r) => short(r.rtf), true, false],
    ["memory", "Memory (bytes)", (r) => short(r.memory), true, false],
    ["size", "Disk (bytes)", (r) => short(r.size), true, false],
    ["index", "Efficiency index", (r) => r.index === null ? (r.ratios ? `no ${r.missing.join(", ") || "weight"}` : "not profiled")
      : r.bounds ? `${short(r.index)} (${r.bounds.map(short).join("–")})` : short(r.index), true, true],
    ["hardware", "Hardware", (r) => r.hardware, false, false],
    ["contamination", "Data seen", (r) => seen(r.contamination), false, true],
    ["licence", "Licence", (r) => r.licence, false, false],
    ["standing", "Status", (r) => r.standing, false, true],
  ];
  const AXES = ["computing", "memory", "shipping"];
  const FILTERS = ["task", "model", "head", "term", "language", "licence", "contamination", "hardware"];
  const narrow = matchMedia("(max-width: 40rem)").matches;
  const DEFAULTS = narrow ? ["rank", "model", "head", "score"] : COLUMNS.filter((column) => column[4]).map((column) => column[0]);
  const state = { sort: "", down: false, columns: DEFAULTS, weights: AXES.map(() => 1) };
  const table = document.getElementById("entries"), more = document.getElementById("more");
  let shown = STEP;

  const words = (record, key) => [].concat(record[key]);
  const label = (key, value) => (key === "contamination" ? seen(value) : value);
  for (const key of FILTERS) {
    const values = [...new Set(records.flatMap((record) => words(record, key)))].sort();
    form.elements[key].append(...values.map((value) => new Option(label(key, value), value)));
  }
  for (const [key, title] of COLUMNS) {
    const label = document.createElement("label"), tick = document.createElement("input");
    tick.type = "checkbox"; tick.name = key;
    label.append(tick, title);
    document.getElementById("columns").append(label);
    tick.addEventListener("change", () => {
      state.columns = COLUMNS.map((one) => one[0]).filter((one) => one === key ? tick.checked : state.columns.includes(one));
      changed();
    });
  }
  const ranges = [...document.querySelectorAll("#weights input")];
  ranges.forEach((range, place) => range.addEventListener("input", () => {
    state.weights[place] = Number(range.value);
    changed();
  }));
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => { shown += STEP; draw(); });
  addEventListener("hashchange", () => { read(); draw(); });

  // The address holds what was chosen, so that it can be sent to somebody.
  function read() {
    const parameters = new URLSearchParams(location.hash.slice(1));
    for (const element of form.elements) {
      if (!element.name) continue;
      if (element.type === "checkbox") element.checked = parameters.has(element.name);
      else element.value = parameters.get(element.name) ?? "";
    }
    state.sort = COLUMNS.some((one) => one[0] === parameters.get("sort")) ? parameters.get("sort") : "";
    state.down = parameters.has("down");
    const columns = parameters.get("columns");
    state.columns = columns === null ? DEFAULTS : columns.split(",");
    const weights = (parameters.get("weights") ?? "").split(",").map(Number);
    state.weights = weights.length === AXES.length && weights.every((one) => one >= 0 && one <= 4) ? weights : AXES.map(() => 1);
  }

  function changed() {
    const parameters = new URLSearchParams();
    for (const element of form.elements) {
      if (element.name && (element.type === "checkbox" ? element.checked : element.value)) parameters.set(element.name, element.value);
    }
    if (state.sort) parameters.set("sort", state.sort);
    if (state.down) parameters.set("down", "1");
    if (state.columns.join() !== DEFAULTS.join()) parameters.set("columns", state.columns.join());
    if (state.weights.some((weight) => weight !== 1)) parameters.set("weights", state.weights.join());
    shown = STEP;
    history.replaceState(null, "", `#${parameters}`);
    draw();
  }

  function index(ratios) {
    const total = state.weights.reduce((a, b) => a + b, 0);
    if (!ratios || !total) return null;
    let sum = 0;
    for (let place = 0; place < AXES.length; place++) {
      if (!state.weights[place]) continue;
      if (!ratios[place]) return null;
      sum += state.weights[place] * Math.log(ratios[place]);
    }
    return Math.exp(-sum / total);
  }

  // The interval holds the uncertainty of the seconds, which are half of computing.
  function bounds(record) {
    if (record.index === null || record.spread === null) return null;
    const total = state.weights.reduce((a, b) => a + b, 0);
    const factor = Math.exp(record.spread * state.weights[0] / 2 / total);
    return [record.index / factor, record.index * factor];
  }

  function chosen() {
    const value = (name) => form.elements[name].value;
    const query = value("q").trim().toLowerCase();
    const under = (limit, cost) => limit === "" || (cost !== null && cost <= Number(limit));
    return records.filter((record) =>
      (form.elements.synthetic.checked || record.standing !== "synthetic") &&
      (form.elements.incomplete.checked || ["ranked", "synthetic", "null"].includes(record.standing)) &&
      FILTERS.every((key) => !value(key) || words(record, key).includes(value(key))) &&
      under(value("size"), record.parameters / 1e6) && under(value("rtf"), record.rtf) &&
      under(value("memory"), record.memory === null ? null : record.memory / 1e6) &&
      (!query || `${record.task} ${record.model} ${record.head}`.toLowerCase().includes(query)));
  }

  function draw() {
    for (const record of records) {
      record.index = index(record.ratios);
      record.bounds = bounds(record);
    }
    for (const tick of document.querySelectorAll("#columns input")) tick.checked = state.columns.includes(tick.name);
    ranges.forEach((range, place) => {
      range.value = state.weights[place];
      range.nextElementSibling.textContent = state.weights[place];
    });
    const rows = chosen();
    if (state.sort) rows.sort((a, b) => within(a, b, state.sort) || compared(a[state.sort], b[state.sort], state.down));
    const columns = COLUMNS.filter((one) => state.columns.includes(one[0]));
    table.tHead.replaceChildren(headings(columns));
    table.tBodies[0].replaceChildren(...rows.slice(0, shown).map((record) => line(record, columns)));
    more.hidden = rows.length <= shown;
    document.getElementById("count").textContent =
      `${rows.length} of ${records.length} entries${rows.length > shown ? `, the first ${shown} shown` : ""}`;
    document.getElementById("budget").textContent = best(rows);
  }

  // Scores of one task and hardware class can be compared; the best within the limits is shown.
  function best(rows) {
    const limited = ["size", "rtf", "memory"].some((name) => form.elements[name].value !== "");
    if (!limited || !rows.length || new Set(rows.map((one) => `${one.task} ${one.hardware}`)).size > 1) return "";
    const first = rows.reduce((a, b) => (b.less ? b.score < a.score : b.score > a.score) ? b : a);
    return `Best within these limits: ${first.model} · ${first.head}, ${first.metric} ${first.score.toFixed(3)}.`;
  }

  function headings(columns) {
    const row = document.createElement("tr");
    for (const [key, title, , number] of columns) {
      const heading = document.createElement("th"), button = document.createElement("button");
      heading.scope = "col";
      if (number) heading.className = "number";
      if (state.sort === key) heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      button.type = "button";
      button.textContent = title;
      button.dataset.sort = key;
      button.addEventListener("click", () => {
        state.down = state.sort === key ? !state.down : false;
        state.sort = key;
        changed();
        table.querySelector(`button[data-sort="${key}"]`).focus();
      });
      heading.append(button);
      row.append(heading);
    }
    return row;
  }

  function line(record, columns) {
    const row = document.createElement("tr");
    for (const [key, , text, number] of columns) {
      const cell = document.createElement("td");
      if (number) cell.className = "number";
      if (key === "model") {
        const link = document.createElement("a");
        link.href = record.url;
        link.textContent = record.model;
        cell.append(link);
      } else cell.textContent = text(record);
      row.append(cell);
    }
    return row;
  }

  read();
  draw();
}

const comparing = document.getElementById("compare");
if (comparing) compare(comparing);

function compare(form) {
  const { entries, tables, most } = JSON.parse(document.getElementById("records").textContent);
  const names = (entry) => `${entry.task} · ${entry.model} · ${entry.head}${entry.standing === "synthetic" ? " (synthetic)" : ""}`;
  const short = (x) => x === null ? "–" : Math.abs(x) < 1000 ? String(Number(x.toPrecision(3)))
    : Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(x);
  const signed = (x) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(3)}`;
  const seen = (state) => (state === "clean" ? "no" : state === "unknown" ? state : `yes (${state})`);
  const FACTS = [
    ["Task", (e) => e.task],
    ["Metric", (e) => `${e.metric}, ${e.less ? "lower" : "higher"} is better`],
    ["Score", (e) => e.score.toFixed(3), (a, b) => (paired(a, b) ? signed(a.score - b.score) : "")],
    ["95 % interval", (e) => `${e.low.toFixed(3)} to ${e.high.toFixed(3)}`, bounds],
    ["Rank", (e) => e.rank === null ? "–" : e.ranks ? `${e.rank} (${e.ranks.join("–")})` : String(e.rank)],
    ["Above the nulls", (e) => e.above ?? "–"],
    ["Mean change under conditions", (e) => e.robust === null ? "–" : signed(e.robust)],
    ["Parameters", (e) => short(e.parameters), (a, b) => times(a.parameters, b.parameters)],
    ...[["MACs a second", "macs"], ["Real-time factor", "rtf"], ["Memory (bytes)", "memory"], ["Disk (bytes)", "size"]]
      .map(([title, key]) => [title, (e) => short(e[key]), (a, b) => (a.hardware === b.hardware ? times(a[key], b[key]) : "")]),
    ["Hardware", (e) => e.hardware],
    ["Data seen in training", (e) => seen(e.contamination)],
    ["Licence", (e) => e.licence],
    ["Conformance checks passed", (e) => (e.checked ? "yes" : "not shown")],
  ];

  const times = (a, b) => (a && b ? `${short(a / b)} times` : "");
  const paired = (a, b) => a.task === b.task && a.metric === b.metric && (a.standing === "synthetic") === (b.standing === "synthetic");

  // Half the width of the interval of the difference; null where the page does not hold it.
  function half(a, b) {
    for (const { urls, half } of tables) {
      const [low, high] = [urls.indexOf(a.url), urls.indexOf(b.url)].sort((x, y) => x - y);
      if (low >= 0 && high > low) return half[high][low];
    }
    return null;
  }

  function bounds(a, b) {
    const width = paired(a, b) ? half(a, b) : null;
    return width === null ? "" : `${signed(a.score - b.score - width)} to ${signed(a.score - b.score + width)}`;
  }

  function verdict(a, b) {
    if (a === b) return "This is one entry twice.";
    if (!paired(a, b)) return "These entries are of two tasks or metrics: their scores cannot be compared.";
    const width = half(a, b), difference = a.score - b.score;
    if (width === null) return `The interval of this difference is not in this page: an entry is not ranked, its predictions could not be read, or the task has more than ${most} entries.`;
    if (Math.abs(difference) <= width) return "The difference is not significant.";
    const [better, worse] = (difference > 0) === a.less ? [b, a] : [a, b];
    return `${better.model} · ${better.head} scores better than ${worse.model} · ${worse.head}, as a single comparison.`;
  }

  function cell(tag, text, url) {
    const made = document.createElement(tag);
    if (url) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = text;
      made.append(link);
    } else made.textContent = text;
    return made;
  }

  function row(cells) {
    const made = document.createElement("tr");
    made.append(...cells);
    return made;
  }

  function draw() {
    const sides = ["a", "b"].map((name) => entries.find((entry) => entry.url === form.elements[name].value));
    const table = document.getElementById("sides"), missing = sides.includes(undefined);
    table.hidden = missing;
    const asked = new URLSearchParams(location.search);
    document.getElementById("verdict").textContent = !missing ? verdict(...sides)
      : `There is no entry ${["a", "b"].filter((_, place) => !sides[place]).map((name) => asked.get(name)).join(" and no entry ")} here; choose another.`;
    if (missing) return;
    const [a, b] = sides;
    const headings = [cell("td", ""), ...sides.map((entry) => cell("th", `${entry.model} · ${entry.head}`, entry.url)), cell("th", "First against second")];
    for (const heading of headings.slice(1)) heading.scope = "col";
    table.tHead.replaceChildren(row(headings));
    table.tBodies[0].replaceChildren(...FACTS.map(([title, text, difference]) => {
      const heading = cell("th", title);
      heading.scope = "row";
      return row([heading, cell("td", text(a)), cell("td", text(b)), cell("td", difference && a !== b ? difference(a, b) : "")]);
    }));
  }

  const asked = new URLSearchParams(location.search);
  ["a", "b"].forEach((name, place) => {
    const select = form.elements[name];
    select.append(...entries.map((entry) => new Option(names(entry), entry.url)));
    const other = entries.find((entry) => entry.task === entries.find((first) => first.url === asked.get("a"))?.task && entry.url !== asked.get("a"));
    select.value = asked.get(name) ?? (name === "b" && other ? other.url : entries[Math.min(place, entries.length - 1)]?.url ?? "");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const chosen = new URLSearchParams({ a: form.elements.a.value, b: form.elements.b.value });
    history.replaceState(null, "", `?${chosen}`);
    draw();
  });
  if (entries.length) draw();
}
