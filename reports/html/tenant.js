function where(source, domain) {
  const found = [];
  for (let row = 0; source && row < source.rows; row += 1) if (source.cell("domain", row) === domain) found.push(row);
  return found;
}

function rowTable(frameName, source, rows, names, title) {
  const table = element("table", undefined, { class: "plain" });
  const head = element("tr");
  const columns = names.map((name) => kind(frameName, name)).filter((column) => rows.some((row) => textOf(column, source.cell(column.name, row)) !== ""));
  for (const column of columns) head.append(element("th", spaced(column.name), { scope: "col", title: column.meaning, ...(isNumber(column) ? { class: "n" } : {}) }));
  const thead = element("thead");
  thead.append(head);
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    for (const column of columns) {
      const cell = element("td", undefined, isNumber(column) ? { class: "n" } : { dir: "auto" });
      cell.append(folded(textOf(column, source.cell(column.name, row))));
      line.append(cell);
    }
    body.append(line);
  }
  table.append(thead, body);
  const scroll = element("div", undefined, { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
  scroll.append(table);
  return scroll;
}

/** Text; a very long one is collapsed behind its beginning. */
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

function actionLink(translation) {
  if (!translation) return [];
  const line = element("p");
  line.append(element("a", "Both sources side by side, verification and open decisions", { href: `#action=${encodeURIComponent(translation)}` }));
  return [line];
}

function* details(domain, row) {
  const tenants = frame("tenants");
  const value = (name) => tenants.cell(name, row);
  const chunk = evidence(Math.floor(row / settings.perChunk));
  if (value("outcome_message")) yield part("Outcome", folded(value("outcome_message"), "p"));
  const findings = chunk.findings;
  const found = where(findings, domain);
  for (const [source, title] of [["verdict", "Why this verdict"], ["reversibility", "Reversibility"], ["plan", "Warnings of the plan"]]) {
    const rows = found.filter((at) => findings.cell("source", at) === source);
    if (rows.length) yield part(title, reasonList(findings, rows));
  }
  if (value("skipped")) yield part("Not read", element("p", `${value("skipped").split(" ").map(spaced).join(", ")}: the verdict does not need them, so who depends on them is not known`));
  const risk = where(frame("risk"), domain);
  if (risk.length) yield part("What a change would break", rowTable("risk", frame("risk"), risk, ["change", "worst", "breaks", "uses", "what", "owner"], "What a change would break"));
  const tabled = [
    ["text_changes", "Texts that change, old and new side by side", chunk.text_changes, ["plane", "connection", "type", "method", "old", "new", "friendly_name", "locale"]],
    ["dependents", "What depends on it", chunk.dependents, ["kind", "name", "id", "detail", ...settings.columns.dependents.map((c) => c.name).filter((n) => n.startsWith("on_")), "uses", "last_seen"]],
    ["messages", "Test messages", chunk.messages, ["delivery_method", "to", "evidence", "log_type", "log_id", "receipt", "receipt_sid", "error_code", "sent_at", "seen_at"]],
    ["deviations", "Differs from the last recorded state", frame("deviations"), ["field", "expected", "found", "expected_at", "first_found_at", "changed_by", "changed_at", "request", "user_agent"]],
    ["drift", "Changed since the last run", frame("drift"), ["field", "before", "after", "direction"]],
  ];
  for (const [name, title, source, names] of tabled) {
    const rows = where(source, domain);
    if (rows.length) yield part(title, rowTable(name, source, rows, names, title));
  }
  const actions = frame("actions");
  for (const at of where(actions, domain)) yield part("Action", rowTable("actions", actions, [at], ["name", "result", "strategy", "events", "reasons", "flags"], "Action"), ...actionLink(actions.cell("translation", at)));
  const own = frame("custom_actions");
  for (const at of where(own, domain)) {
    const title = "Action that the tenant has";
    const sources = [["code", "Its code"], ["newer_draft", "Its newer draft"]].filter(([name]) => own.cell(name, at));
    const shown = sources.flatMap(([name, label]) => [element("p", label, { class: "quiet" }), folded(own.cell(name, at), "pre")]);
    yield part(title, rowTable("custom_actions", own, [at], ["name", "action_id", "stage", "origin", "decision", "result", "needs", "dependencies", "secrets", "runtime"], title), ...shown);
  }
  const steps = where(chunk.steps, domain);
  if (steps.length) yield part("Steps", stepList(chunk.steps, steps));
  const all = element("dl");
  for (const column of settings.columns.tenants) {
    const text = textOf(column, value(column.name));
    const shown = element("dd", undefined, { dir: "auto", "data-column": column.name });
    shown.append(folded(text === "" ? "none" : text));
    all.append(element("dt", spaced(column.name), { title: column.meaning }), shown);
  }
  yield part("All columns", all);
}

/** Show content in the panel over the page. */
function openPanel(name, line, ...content) {
  dialog.replaceChildren();
  const head = element("div", undefined, { class: "panel-head" });
  const title = element("div");
  title.append(element("h2", name, { id: "details-title", dir: "auto", tabindex: "-1" }));
  if (line.length) {
    const subtitle = element("p");
    subtitle.append(...line);
    title.append(subtitle);
  }
  const close = element("button", "Close", { type: "button" });
  close.addEventListener("click", () => dialog.close());
  const print = element("button", "Print", { type: "button" });
  print.addEventListener("click", () => window.print());
  const buttons = element("div", undefined, { class: "buttons" });
  buttons.append(print, close);
  head.append(title, buttons);
  const body = element("div", undefined, { class: "panel-body" });
  body.append(...content);
  dialog.append(head, body);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector("h2").focus({ preventScroll: true });
}

function openTenant(domain) {
  const tenants = frame("tenants");
  const row = where(tenants, domain)[0];
  if (row === undefined) return openPanel(domain, [], element("p", "This run has no tenant of that name."));
  const facts = ["verdict", "route", "outcome", "outcome_reason"].map((name) => tenants.cell(name, row)).filter(Boolean).map(spaced);
  const wave = tenants.cell("wave", row);
  const summary = ` ${[...facts, ...(wave ? [`wave ${wave}`] : [])].join(", ")}`;
  return openPanel(domain, [node(kind("tenants", "status"), tenants.cell("status", row)), summary], ...details(domain, row));
}
