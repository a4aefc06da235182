// Texts of tenants are set with textContent only; nothing here parses markup.
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

/** A cell of a table in plain words, where its term has some. */
function plainOf(frameName, column, value) {
  return settings.plain[frameName]?.[column.name]?.[value] ?? textOf(column, value);
}

/** A cell as text, with the exact term. */
function textOf(column, value) {
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

const shortened = (text) => (text.length > LONG ? `${text.slice(0, LONG)}…` : text);

function node(column, value, translation, frameName) {
  const plain = settings.plain[frameName]?.[column.name]?.[value];
  const text = textOf(column, value);
  if (plain) return element("span", plain, { title: text, class: "term" });
  if (translation) return element("a", text ? shortened(text) : "(no name)", { href: `#action=${encodeURIComponent(translation)}`, class: "tenant clip", dir: "auto" });
  if (column.name === "domain") return element("a", text, { href: link(value), class: "tenant", dir: "auto" });
  if (column.name === "status" && value) {
    const light = element("span", undefined, { class: `light ${value}` });
    light.append(element("span", SIGNS[value], { "aria-hidden": "true" }), ` ${value}`);
    return light;
  }
  if (text.length <= 24 && column.dtype !== "str") return document.createTextNode(text);
  return element("div", shortened(text), { class: "clip", dir: "auto" });
}

// The library parses searched text as markup to decode entities, so it must not contain markup.
const unparsed = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
