function dataColumn(frameName, source, name, title, visible) {
  const column = kind(frameName, name);
  const searched = searchText(frameName, column);
  const long = ["message", "what", "next_step", "example", "reasons", "flags", "reason", "decisions", "before", "after", "expected", "found", "pace", "outcome_reason"].includes(name) || (frameName === "blocked" && name === "code");
  const opens = (frameName === "translations" && name === "names") || (frameName === "actions" && name === "name");
  return {
    title,
    name,
    visible,
    data: null,
    type: isNumber(column) ? "num" : "string",
    orderSequence: isNumber(column) ? ["desc", "asc", ""] : ["asc", "desc", ""],
    className: isNumber(column) ? "n" : long ? "long" : name === "domain" ? "domain" : ["owner", "owners", "client", "names", "name", "field"].includes(name) ? "name" : column.dtype.startsWith("datetime") ? "time" : settings.plain[frameName]?.[name] ? "words" : "",
    render: (_, mode, row) => {
      const value = source.cell(name, row.at);
      if (mode === "display") return node(column, value, opens ? source.cell("translation", row.at) : "", frameName);
      if (mode === "filter") return searched(value);
      return value === null ? (isNumber(column) ? -Infinity : "") : value;
    },
  };
}

/** What the search looks through: the words that are shown, and the exact term. */
function searchText(frameName, column) {
  const plain = settings.plain[frameName]?.[column.name];
  if (!plain) return (value) => unparsed(textOf(column, value));
  const known = new Map(Object.entries(plain).map(([term, text]) => [term, unparsed(`${text} ${spaced(term)} ${term}`)]));
  return (value) => known.get(value) ?? unparsed(textOf(column, value));
}

function filterBar(frameName, view, source, choose) {
  const bar = element("div", undefined, { class: "filters", role: "group", "aria-label": "Filters" });
  for (const name of view.filters) {
    const words = source.words(name).sort();
    if (words.length < 2 || words.length > 200) continue;
    const label = element("label", view.columns.find(([column]) => column === name)?.[1] ?? spaced(name[0].toUpperCase() + name.slice(1)));
    const select = element("select", undefined, { "data-column": name });
    select.append(element("option", "all", { value: "" }));
    for (const word of words) {
      const text = String(word);
      const shown = plainOf(frameName, kind(frameName, name), word);
      select.append(element("option", shown.length > 60 ? `${shown.slice(0, 60)}…` : shown, { value: text, title: spaced(text) }));
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
