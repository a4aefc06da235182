const MOST_LINKS = 100;
const RESULTS = {
  verified: "Both did the same on every event, and messages were sent.",
  differs: "They did different things on at least one event.",
  not_verifiable: "It could not be verified that they do the same.",
  vacuous: "Both did the same, but nothing was delivered: as the only provider it would lock users out.",
  refused: "There is no safe translation.",
};
const LIGHT_OF = { verified: "green", refused: "red", differs: "red", vacuous: "red" };
// Invisible characters and direction marks would let source code read differently from what it does.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]/;
const sourceChunks = new Map();

/** Texts, pieces, mappings and flags of the translation in one row of their frame. */
function sources(row) {
  const number = Math.floor(row / settings.perSources);
  if (!sourceChunks.has(number)) sourceChunks.set(number, JSON.parse(document.getElementById(`sources-${number}`).textContent));
  const chunk = sourceChunks.get(number);
  const action = chunk.actions[row % settings.perSources];
  const lines = (name) => action.texts[name].map((place) => chunk.lines[place]);
  return { lines, text: (name) => lines(name).join("\n"), pieces: action.pieces, mappings: action.mappings, flags: action.flags };
}

/** Code as text without invisible characters. */
function code(text) {
  const shown = element("code", undefined, { dir: "ltr" });
  for (const piece of text.split(new RegExp(`(${UNSEEN.source})`))) {
    if (UNSEEN.test(piece)) shown.append(element("span", `\\u${piece.charCodeAt(0).toString(16).padStart(4, "0")}`, { class: "unseen" }));
    else if (piece) shown.append(piece);
  }
  return shown;
}

function* pairs(pieces) {
  for (const [tag, i1, i2, j1, j2] of pieces) {
    for (let at = 0; at < Math.max(i2 - i1, j2 - j1); at += 1) yield [tag, i1 + at < i2 ? i1 + at : null, j1 + at < j2 ? j1 + at : null];
  }
}

/** Two texts side by side; `marked` are line numbers of the left one that get a note. */
function sideBySide(left, right, pieces, names, title, marked = new Map()) {
  const table = element("table", undefined, { class: "sides" });
  const head = element("tr");
  for (const name of names) head.append(element("th", "Line", { scope: "col", class: "n" }), element("th", name, { scope: "col" }));
  const thead = element("thead");
  thead.append(head);
  const body = element("tbody");
  for (const [tag, at, to] of pairs(pieces)) {
    const line = element("tr", undefined, { class: tag });
    for (const [side, place, lines] of [["left", at, left], ["right", to, right]]) {
      const changed = tag !== "equal" && place !== null;
      line.append(element("td", place === null ? "" : String(place + 1), { class: "n" }));
      const cell = element("td", undefined, { class: changed ? `${side} changed` : side });
      if (changed) cell.append(element("span", side === "left" ? "−" : "+", { class: "mark", "aria-label": side === "left" ? "removed or changed" : "added or changed" }));
      if (place !== null) cell.append(code(lines[place]));
      if (side === "left" && place !== null && marked.has(place + 1)) cell.append(element("span", marked.get(place + 1), { class: "note" }));
      line.append(cell);
    }
    body.append(line);
  }
  table.append(thead, body);
  const scroll = element("div", undefined, { class: "scroll code", tabindex: "0", role: "region", "aria-label": title });
  scroll.append(table);
  return scroll;
}

const linesOf = (text) => text.split("\n").filter((line) => line !== "");

function bullets(lines) {
  const list = element("ul");
  for (const line of lines) {
    const item = element("li");
    item.append(folded(line));
    list.append(item);
  }
  return list;
}

function facts(rows) {
  const list = element("dl");
  for (const [name, text] of rows) {
    const shown = element("dd", undefined, { dir: "auto" });
    shown.append(folded(text));
    list.append(element("dt", name), shown);
  }
  return list;
}

function rowsTable(frameName, rows, title) {
  const columns = settings.columns[frameName].slice(1);
  const source = { cell: (name, row) => rows[row][columns.findIndex((column) => column.name === name)] };
  return rowTable(frameName, source, rows.map((_, at) => at), columns.map((c) => c.name).filter((name) => !name.endsWith("_no")), title);
}

/** Two traces side by side, with differing lines marked. */
function traces(found) {
  const [left, right] = [linesOf(found.text("original_did")), linesOf(found.text("translated_did"))];
  const all = Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const tag = left[at] === right[at] ? "equal" : "replace";
    return [tag, at, Math.min(at + 1, left.length), at, Math.min(at + 1, right.length)];
  });
  return sideBySide(left, right, all, ["Original", "Translation"], "Calls of both on this event");
}

function* example(found) {
  if (!found.text("difference")) return;
  const events = element("div", undefined, { class: "pair" });
  for (const [name, title] of [["legacy_event", "Event for the original"], ["new_event", "Event for the translation"]]) {
    const side = element("div");
    side.append(element("h4", title), folded(found.text(name), "pre"));
    events.append(side);
  }
  const answer = found.text("answer");
  yield part("Smallest event on which they differ", folded(found.text("difference"), "p"), ...(answer ? [element("p", `The network answered: ${answer}`, { class: "quiet", dir: "auto" })] : []), traces(found), events);
}

function tenantsOf(identifier, value) {
  const source = frame("actions");
  const list = element("ul", undefined, { class: "inline" });
  for (let row = 0; row < source.rows && list.childElementCount < MOST_LINKS; row += 1) {
    if (source.cell("translation", row) !== identifier) continue;
    const item = element("li");
    item.append(node(kind("actions", "domain"), source.cell("domain", row)));
    list.append(item);
  }
  const rest = value("tenants") - list.childElementCount;
  const more = rest > 0 ? [element("p", `${WHOLE.format(rest)} more: search Actions by tenant for ${identifier}`, { class: "quiet" })] : [];
  return part(`Tenants that have it: ${WHOLE.format(value("tenants"))}`, list, ...more);
}

function* actionDetails(identifier, row, value) {
  const found = sources(row);
  const decisions = linesOf(value("decisions"));
  yield part("Open decisions", decisions.length ? bullets(decisions) : element("p", "None.", { class: "quiet" }));
  const events = value("events") ? ` Both were run on ${WHOLE.format(value("events"))} events.` : " No event was run.";
  yield part("Verification", element("p", `${RESULTS[value("result")] ?? ""}${events}`), ...(value("reasons") ? [bullets(linesOf(value("reasons")))] : []));
  yield* example(found);
  if (found.flags.length) yield part("To review", rowsTable("flags", found.flags, "To review"));
  const masked = new Map(value("masked_lines").split(" ").filter(Boolean).map((line) => [Number(line), "a secret is masked here"]));
  const note = masked.size ? [element("p", `Secrets are masked in the original, line ${[...masked.keys()].join(", ")}.`, { class: "quiet" })] : [];
  if (found.text("translated")) yield part("Source, before and after", ...note, sideBySide(found.lines("original"), found.lines("translated"), found.pieces, ["Original", "Translation"], "Source, before and after", masked));
  else yield part("Source; there is no translation", ...note, sideBySide(found.lines("original"), [], [["equal", 0, found.lines("original").length, 0, 0]], ["Original", "Translation"], "Source", masked));
  if (found.mappings.length) yield part("Replacement of each access", rowsTable("mappings", found.mappings, "Replacement of each access"));
  const secrets = linesOf(value("secrets"));
  yield part("Secrets to supply", secrets.length ? bullets(secrets) : element("p", "None.", { class: "quiet" }));
  yield part("Details", facts([["names", value("names") || "(no name)"], ["dependencies", linesOf(value("dependencies")).join(", ") || "none"], ["runtime before", value("runtime_before") || "none"], ["runtime", value("runtime") || "none"]]));
  yield tenantsOf(identifier, value);
}

function openAction(identifier) {
  const all = frame("translations");
  let row = 0;
  while (row < all.rows && all.cell("translation", row) !== identifier) row += 1;
  if (row === all.rows) return openPanel(identifier, [], element("p", "This run has no Action of that name."));
  const value = (name) => all.cell(name, row);
  const light = LIGHT_OF[value("result")] ?? "amber";
  const shown = element("span", undefined, { class: `light ${light}` });
  shown.append(element("span", SIGNS[light], { "aria-hidden": "true" }), ` ${spaced(value("result"))}`);
  return openPanel(shortened(linesOf(value("names")).join(", ")) || "(no name)", [shown, ` ${spaced(value("strategy"))}, `, element("bdi", linesOf(value("owners")).join(", ") || "no owner named")], ...actionDetails(identifier, row, value));
}
