// Everything a tenant wrote goes through textContent; nothing here parses markup.
const settings = JSON.parse(document.getElementById("settings").textContent);
const frames = new Map();
const chunks = new Map();
const tables = new Map();
const dialog = document.getElementById("details");
const SIGNS = { green: "●", amber: "▲", red: "■" };
const LONG = 300;
const FOLD = 1500;
const WHOLE = new Intl.NumberFormat("en");
const DECIMAL = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** Decode one frame: `cell(name, row)` is a value, null where it is missing. */
function decoded(raw) {
  const columns = raw.columns;
  return {
    rows: raw.rows,
    cell(name, row) {
      const column = columns[name];
      if (Array.isArray(column)) return column[row];
      const code = column.codes[row];
      return code < 0 ? null : column.words[code];
    },
    words(name) {
      const column = columns[name];
      const all = Array.isArray(column) ? column : column.words;
      return [...new Set(all)].filter((word) => word !== null && word !== "");
    },
  };
}

function frame(name) {
  if (!frames.has(name)) frames.set(name, decoded(JSON.parse(document.getElementById(`frame-${name}`).textContent)));
  return frames.get(name);
}

function evidence(number) {
  if (!chunks.has(number)) {
    const raw = JSON.parse(document.getElementById(`chunk-${number}`).textContent);
    chunks.set(number, Object.fromEntries(Object.entries(raw).map(([name, part]) => [name, decoded(part)])));
  }
  return chunks.get(number);
}

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const spaced = (word) => word.replaceAll("_", " ");
const link = (domain) => `#tenant=${encodeURIComponent(domain)}`;

function kind(frameName, column) {
  return settings.columns[frameName].find((known) => known.name === column);
}

/** A cell's text as people read it. */
function told(column, value) {
  if (value === null || value === undefined) return "";
  switch (column.dtype) {
    case "category": return spaced(value);
    case "bool": return value ? "yes" : "no";
    case "datetime64[us, UTC]": return value.slice(0, 19).replace("T", " ");
    case "float64": return DECIMAL.format(value);
    case "int64": case "Int64": return WHOLE.format(value);
    default: return String(value);
  }
}

const isNumber = (column) => ["int64", "Int64", "float64"].includes(column.dtype);

function node(column, value) {
  const text = told(column, value);
  if (column.name === "domain") return element("a", text, { href: link(value), class: "tenant", dir: "auto" });
  if (column.name === "status" && value) {
    const light = element("span", undefined, { class: `light ${value}` });
    light.append(element("span", SIGNS[value], { "aria-hidden": "true" }), ` ${value}`);
    return light;
  }
  if (text.length <= 24 && column.dtype !== "str") return document.createTextNode(text);
  const shown = text.length > LONG ? `${text.slice(0, LONG)}…` : text;
  return element("div", shown, { class: "clip", dir: "auto" });
}

// The library decodes entities in what it searches by parsing it as markup, so markup must not be there.
const unparsed = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function dataColumn(frameName, source, name, title, visible) {
  const column = kind(frameName, name);
  const long = ["message", "what", "next_step", "example", "reasons", "flags", "reason", "before", "after"].includes(name);
  return {
    title,
    name,
    visible,
    data: null,
    type: isNumber(column) ? "num" : "string",
    orderSequence: isNumber(column) ? ["desc", "asc", ""] : ["asc", "desc", ""],
    className: isNumber(column) ? "n" : long ? "long" : name === "domain" ? "domain" : ["owner", "owners", "client", "what"].includes(name) ? "name" : column.dtype.startsWith("datetime") ? "time" : "",
    render: (_, mode, row) => {
      const value = source.cell(name, row.at);
      if (mode === "display") return node(column, value);
      if (mode === "filter") return unparsed(told(column, value));
      return value === null ? (isNumber(column) ? -Infinity : "") : value;
    },
  };
}

function filterBar(frameName, view, source, choose) {
  const bar = element("div", undefined, { class: "filters", role: "group", "aria-label": "Filters" });
  for (const name of view.filters) {
    const words = source.words(name).sort();
    if (words.length < 2 || words.length > 200) continue;
    const label = element("label", spaced(name));
    const select = element("select", undefined, { "data-column": name });
    select.append(element("option", "all", { value: "" }));
    for (const word of words) {
      const text = String(word);
      select.append(element("option", text.length > 60 ? `${text.slice(0, 60)}…` : spaced(text), { value: text }));
    }
    select.addEventListener("change", () => choose(name, select.value));
    label.append(select);
    bar.append(label);
  }
  if (bar.childElementCount) {
    const clear = element("button", "Clear", { type: "button" });
    clear.addEventListener("click", () => {
      for (const select of bar.querySelectorAll("select")) select.value = "";
      choose(null);
    });
    bar.append(clear);
  }
  return bar;
}

function buildTable(section) {
  const name = section.dataset.frame;
  if (tables.has(name)) return tables.get(name);
  const view = settings.views[name];
  const source = frame(name);
  const mount = section.querySelector(".mount");
  if (!source.rows) {
    mount.append(element("p", view.empty, { class: "quiet" }));
    tables.set(name, null);
    return null;
  }
  const chosen = new Map();
  const choose = (column, value) => {
    if (column === null) { chosen.clear(); table.search(""); }
    else if (value === "") chosen.delete(column);
    else chosen.set(column, value);
    table.draw();
  };
  const wrap = element("div", undefined, { class: "dt-scroll-x", tabindex: "0", role: "region", "aria-labelledby": `h-${name}-all` });
  const target = element("table", undefined, { class: "display", "aria-labelledby": `h-${name}-all` });
  wrap.append(target);
  mount.append(filterBar(name, view, source, choose), wrap);
  const columns = [
    ...view.columns.map(([column, title]) => dataColumn(name, source, column, title, true)),
    ...view.searched.map((column) => dataColumn(name, source, column, spaced(column), false)),
  ];
  const table = new DataTable(target, {
    data: Array.from({ length: source.rows }, (_, at) => ({ at })),
    columns,
    order: [],
    autoWidth: false,
    deferRender: true,
    pageLength: 25,
    lengthMenu: [25, 100, 500],
    layout: { topStart: "search", topEnd: null, bottomStart: ["pageLength", "info"], bottomEnd: "paging" },
    language: { search: "Search", lengthMenu: "_MENU_ rows a page" },
    createdRow: (row, data) => { row.dataset.row = data.at; },
  });
  table.search.fixed("chosen", (_, data) => {
    for (const [column, value] of chosen) if (String(source.cell(column, data.at) ?? "") !== value) return false;
    return true;
  });
  tables.set(name, table);
  return table;
}

// ---- one tenant -------------------------------------------------------------------------------------------

function where(source, domain) {
  const found = [];
  for (let row = 0; source && row < source.rows; row += 1) if (source.cell("domain", row) === domain) found.push(row);
  return found;
}

function rowTable(frameName, source, rows, names, title) {
  const table = element("table", undefined, { class: "plain" });
  const head = element("tr");
  const columns = names.map((name) => kind(frameName, name)).filter((column) => rows.some((row) => told(column, source.cell(column.name, row)) !== ""));
  for (const column of columns) head.append(element("th", spaced(column.name), { scope: "col", title: column.meaning, ...(isNumber(column) ? { class: "n" } : {}) }));
  const thead = element("thead");
  thead.append(head);
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    for (const column of columns) {
      const cell = element("td", undefined, isNumber(column) ? { class: "n" } : { dir: "auto" });
      cell.append(folded(told(column, source.cell(column.name, row))));
      line.append(cell);
    }
    body.append(line);
  }
  table.append(thead, body);
  const scroll = element("div", undefined, { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
  scroll.append(table);
  return scroll;
}

/** Text as it is; a very long one folded up behind its beginning. */
function folded(text, tag = "bdi") {
  if (text.length <= FOLD) return element(tag, text, { dir: "auto" });
  const fold = element("details");
  fold.append(element("summary", `${text.slice(0, 120)}… (${WHOLE.format(text.length)} characters)`), element(tag === "pre" ? "pre" : "div", text, { dir: "auto" }));
  return fold;
}

function part(title, ...content) {
  const section = element("section");
  section.append(element("h3", title), ...content);
  return section;
}

function reasonList(source, rows) {
  const list = element("ul");
  let item = null;
  for (const row of rows) {
    if (source.cell("evidence_no", row) === 0) {
      item = element("li");
      item.append(element("b", `${spaced(source.cell("code", row))}: `), folded(source.cell("message", row)));
      list.append(item);
    }
    if (source.cell("endpoint", row)) {
      const line = element("div", undefined, { class: "quiet" });
      line.append(element("code", source.cell("endpoint", row)), " ", element("code", source.cell("field", row)), " = ", folded(source.cell("value", row), "code"));
      item.append(line);
    }
  }
  return list;
}

function stepList(source, rows) {
  const list = element("ol");
  for (const row of rows) {
    const item = element("li");
    const result = source.cell("result", row);
    item.append(element("b", `${source.cell("title", row)}: `), spaced(result));
    const detail = source.cell("detail", row);
    if (detail) item.append(folded(detail, "div"));
    const facts = [source.cell("kind", row), source.cell("intended_at", row)?.slice(0, 19).replace("T", " "), `${source.cell("attempts", row)} request(s)`];
    item.append(element("div", facts.filter(Boolean).join(", "), { class: "quiet" }));
    for (const name of ["before", "after"]) {
      const text = source.cell(name, row);
      if (text && text !== "null") {
        const pair = element("div");
        pair.append(element("span", `${name}: `, { class: "quiet" }), folded(text, "pre"));
        item.append(pair);
      }
    }
    list.append(item);
  }
  return list;
}

function* details(domain, row) {
  const tenants = frame("tenants");
  const value = (name) => tenants.cell(name, row);
  const chunk = evidence(Math.floor(row / settings.perChunk));
  if (value("outcome_message")) yield part("Outcome", folded(value("outcome_message"), "p"));
  const findings = chunk.findings;
  const found = where(findings, domain);
  for (const [source, title] of [["verdict", "Why this verdict"], ["way_back", "Way back"], ["plan", "Warnings of the plan"]]) {
    const rows = found.filter((at) => findings.cell("source", at) === source);
    if (rows.length) yield part(title, reasonList(findings, rows));
  }
  const risk = where(frame("risk"), domain);
  if (risk.length) yield part("What a change would break", rowTable("risk", frame("risk"), risk, ["change", "worst", "breaks", "uses", "what", "owner"], "What a change would break"));
  const tabled = [
    ["dependents", "What depends on it", chunk.dependents, ["kind", "name", "id", "detail", ...settings.columns.dependents.map((c) => c.name).filter((n) => n.startsWith("on_")), "uses", "last_seen"]],
    ["messages", "Test messages", chunk.messages, ["delivery_method", "to", "evidence", "log_type", "log_id", "sent_at", "seen_at"]],
    ["actions", "Action", frame("actions"), ["result", "strategy", "events", "reasons", "flags"]],
    ["drift", "Changed since the last run", frame("drift"), ["field", "before", "after", "direction"]],
  ];
  for (const [name, title, source, names] of tabled) {
    const rows = where(source, domain);
    if (rows.length) yield part(title, rowTable(name, source, rows, names, title));
  }
  const steps = where(chunk.steps, domain);
  if (steps.length) yield part("Steps", stepList(chunk.steps, steps));
  const all = element("dl");
  for (const column of settings.columns.tenants) {
    const text = told(column, value(column.name));
    const shown = element("dd", undefined, { dir: "auto", "data-column": column.name });
    shown.append(folded(text === "" ? "none" : text));
    all.append(element("dt", spaced(column.name), { title: column.meaning }), shown);
  }
  yield part("Everything known", all);
}

function openTenant(domain) {
  const tenants = frame("tenants");
  const row = where(tenants, domain)[0];
  dialog.replaceChildren();
  const head = element("div", undefined, { class: "panel-head" });
  const title = element("div");
  title.append(element("h2", domain, { id: "details-title", dir: "auto", tabindex: "-1" }));
  const close = element("button", "Close", { type: "button" });
  close.addEventListener("click", () => dialog.close());
  const print = element("button", "Print", { type: "button" });
  print.addEventListener("click", () => window.print());
  const buttons = element("div", undefined, { class: "buttons" });
  buttons.append(print, close);
  head.append(title, buttons);
  const body = element("div", undefined, { class: "panel-body" });
  if (row === undefined) {
    body.append(element("p", "This run knows no tenant of that name."));
  } else {
    const line = element("p");
    line.append(node(kind("tenants", "status"), tenants.cell("status", row)));
    const facts = ["verdict", "route", "outcome", "outcome_reason"].map((name) => tenants.cell(name, row)).filter(Boolean).map(spaced);
    const wave = tenants.cell("wave", row);
    line.append(` ${[...facts, ...(wave ? [`wave ${wave}`] : [])].join(", ")}`);
    title.append(line);
    body.append(...details(domain, row));
  }
  dialog.append(head, body);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector("h2").focus({ preventScroll: true });
}

function follow() {
  const match = /^#tenant=(.*)$/s.exec(location.hash);
  if (!match) {
    if (dialog.open) dialog.close();
    const section = document.querySelector(`section.view[id="${CSS.escape(location.hash.slice(1))}"]`);
    if (section) buildTable(section);
    return;
  }
  let domain = match[1];
  try { domain = decodeURIComponent(domain); } catch { /* not encoded: take it as it stands */ }
  openTenant(domain);
}

dialog.addEventListener("close", () => {
  if (location.hash.startsWith("#tenant=")) history.replaceState(null, "", location.pathname + location.search);
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
window.addEventListener("hashchange", follow);
window.addEventListener("beforeprint", () => { for (const section of document.querySelectorAll("section.view")) buildTable(section); });

const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { sight.unobserve(entry.target); buildTable(entry.target); }
}, { rootMargin: "600px" });
for (const section of document.querySelectorAll("section.view")) sight.observe(section);
window.phonefleet = { frame, evidence, tables, buildTable };
follow();
