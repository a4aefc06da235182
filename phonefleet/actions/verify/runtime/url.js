// URL and URLSearchParams as the WHATWG describes them, for the schemes that Actions use.
const SPECIAL = { "http:": "80", "https:": "443", "ftp:": "21", "ws:": "80", "wss:": "443" };
const percent = (text, keep) => {
  let out = "";
  for (const ch of text) {
    if (keep.test(ch)) { out += ch; continue; }
    for (const b of utf8(ch)) out += "%" + (b < 16 ? "0" : "") + b.toString(16).toUpperCase();
  }
  return out;
};
const KEEP_PATH = /[!$-;=@-~%]/, KEEP_QUERY = /[!$-&(-;=?-~%]/, KEEP_HASH = /[!#-;=?-_a-~%]/, KEEP_USER = /[!$-.0-9A-Z_a-z~%]/;
const formEncode = (text) => percent(text, /[*\-.0-9A-Z_a-z ]/).replace(/ /g, "+");
function formDecode(text) {
  const plain = text.replace(/\+/g, " ");
  if (!plain.includes("%")) return plain;
  const bytes = [];
  const raw = utf8(plain);
  for (let i = 0; i < raw.length; i++) {
    const pair = raw[i] === 37 ? fromLatin1(raw.subarray(i + 1, i + 3)) : "";
    if (/^[0-9a-fA-F]{2}$/.test(pair)) { bytes.push(parseInt(pair, 16)); i += 2; } else bytes.push(raw[i]);
  }
  return fromUtf8(new Uint8Array(bytes));
}
class URLSearchParams {
  #list = [];
  #owner = null;
  constructor(init = "") {
    if (init instanceof URLSearchParams) this.#list = [...init];
    else if (init !== null && typeof init === "object" && typeof init[Symbol.iterator] === "function") {
      for (const pair of init) {
        const two = [...pair];
        if (two.length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
        this.#list.push([String(two[0]), String(two[1])]);
      }
    } else if (init !== null && typeof init === "object") for (const key of Object.keys(init)) this.#list.push([key, String(init[key])]);
    else this.#read(String(init));
    describe(this, () => ({ $params: this.toString() }));
  }
  static bind(owner, query) { const made = new URLSearchParams(query); made.#owner = owner; return made; }
  #read(text) {
    for (const part of text.replace(/^\?/, "").split("&")) {
      if (!part) continue;
      const at = part.indexOf("=");
      this.#list.push(at < 0 ? [formDecode(part), ""] : [formDecode(part.slice(0, at)), formDecode(part.slice(at + 1))]);
    }
  }
  #changed() { if (this.#owner) this.#owner(this.toString()); }
  append(name, value) { this.#list.push([String(name), String(value)]); this.#changed(); }
  delete(name, value) { this.#list = this.#list.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value))); this.#changed(); }
  get(name) { const hit = this.#list.find(([n]) => n === String(name)); return hit ? hit[1] : null; }
  getAll(name) { return this.#list.filter(([n]) => n === String(name)).map(([, v]) => v); }
  has(name, value) { return this.#list.some(([n, v]) => n === String(name) && (value === undefined || v === String(value))); }
  set(name, value) {
    const at = this.#list.findIndex(([n]) => n === String(name));
    if (at < 0) this.#list.push([String(name), String(value)]);
    else { this.#list[at][1] = String(value); this.#list = this.#list.filter(([n], i) => i <= at || n !== String(name)); }
    this.#changed();
  }
  sort() { this.#list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)); this.#changed(); }
  get size() { return this.#list.length; }
  forEach(visit, self) { for (const [n, v] of this.#list) apply(visit, self, [v, n, this]); }
  * entries() { for (const [n, v] of this.#list) yield [n, v]; }
  * keys() { for (const [n] of this.#list) yield n; }
  * values() { for (const [, v] of this.#list) yield v; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return this.#list.map(([n, v]) => formEncode(n) + "=" + formEncode(v)).join("&"); }
  get [Symbol.toStringTag]() { return "URLSearchParams"; }
}
function askForAddress(text) { note("asks address:" + String(text).slice(0, 200)); }
function invalidUrl(input) { askForAddress(input); return Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: String(input) }); }
function tidyPath(path) {
  const out = [];
  const parts = path.split("/").slice(1);
  parts.forEach((part, i) => {
    const last = i === parts.length - 1, plain = part.replace(/%2e/gi, ".");
    if (plain === "..") { out.pop(); if (last) out.push(""); } else if (plain === ".") { if (last) out.push(""); } else out.push(percent(part, KEEP_PATH));
  });
  return "/" + out.join("/");
}
function splitUrl(input, base) {
  let text = String(input).trim().replace(/[\t\n\r]/g, "");
  let hash = "", query = "";
  let at = text.indexOf("#");
  if (at >= 0) { hash = percent(text.slice(at + 1), KEEP_HASH); hash = hash && "#" + hash; text = text.slice(0, at); }
  at = text.indexOf("?");
  const asked = at >= 0;
  if (asked) { query = percent(text.slice(at + 1), KEEP_QUERY); query = query && "?" + query; text = text.slice(0, at); }
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text);
  if (!scheme) {
    if (!base) throw invalidUrl(input);
    const from = splitUrl(base);
    if (text.startsWith("//")) return { ...splitUrl(from.protocol + text), query, hash };
    if (text === "") return { ...from, query: asked ? query : from.query, hash };
    const path = text.startsWith("/") ? text : from.path.replace(/[^/]*$/, "") + text;
    return { ...from, path: tidyPath(path.replace(/\\/g, "/")), query, hash };
  }
  const protocol = scheme[1].toLowerCase() + ":";
  let rest = text.slice(scheme[0].length);
  if (!(protocol in SPECIAL)) return { protocol, username: "", password: "", hostname: "", port: "", path: rest, query, hash, opaque: true };
  rest = rest.replace(/\\/g, "/").replace(/^\/*/, "");
  const slash = rest.indexOf("/");
  let authority = slash < 0 ? rest : rest.slice(0, slash), username = "", password = "";
  const who = authority.lastIndexOf("@");
  if (who >= 0) {
    const colon = authority.indexOf(":");
    username = percent(authority.slice(0, colon >= 0 && colon < who ? colon : who), KEEP_USER);
    password = colon >= 0 && colon < who ? percent(authority.slice(colon + 1, who), KEEP_USER) : "";
    authority = authority.slice(who + 1);
  }
  const host = /^(\[[0-9a-fA-F:.]+\]|[^:\s<>"#%/?@[\\\]^`{|}]+|[^:\s<>"#/?@[\\\]^`{|}]*%[^:\s]*)(?::(\d*))?$/.exec(authority);
  if (!host || (host[2] && +host[2] > 65535)) throw invalidUrl(input);
  const port = host[2] ? String(+host[2]) : "";
  return {
    protocol, username, password, hostname: formDecode(host[1].replace(/\+/g, "%2B")).toLowerCase(),
    port: port === SPECIAL[protocol] ? "" : port, path: tidyPath(slash < 0 ? "/" : rest.slice(slash)), query, hash,
  };
}
class URL {
  #p;
  #params = null;
  constructor(input, base) {
    this.#p = splitUrl(input, base === undefined ? undefined : String(base));
    describe(this, () => ({ $url: this.href }));
  }
  static canParse(input, base) { try { splitUrl(input, base); return true; } catch { return false; } }
  static parse(input, base) { try { return new URL(input, base); } catch { return null; } }
  get href() {
    const p = this.#p;
    if (p.opaque) return p.protocol + p.path + p.query + p.hash;
    const who = p.username || p.password ? p.username + (p.password ? ":" + p.password : "") + "@" : "";
    return `${p.protocol}//${who}${this.host}${p.path}${p.query}${p.hash}`;
  }
  set href(value) { this.#p = splitUrl(value); this.#params = null; }
  get origin() { return this.#p.opaque ? "null" : `${this.#p.protocol}//${this.host}`; }
  get protocol() { return this.#p.protocol; }
  set protocol(value) { this.#p.protocol = String(value).replace(/:?$/, ":").toLowerCase(); }
  get username() { return this.#p.username; }
  set username(value) { this.#p.username = percent(String(value), KEEP_USER); }
  get password() { return this.#p.password; }
  set password(value) { this.#p.password = percent(String(value), KEEP_USER); }
  get host() { return this.#p.hostname + (this.#p.port ? ":" + this.#p.port : ""); }
  set host(value) { const [name, port = ""] = String(value).split(":"); this.#p.hostname = name.toLowerCase(); this.#p.port = port === SPECIAL[this.#p.protocol] ? "" : port; }
  get hostname() { return this.#p.hostname; }
  set hostname(value) { this.#p.hostname = String(value).toLowerCase(); }
  get port() { return this.#p.port; }
  set port(value) { this.#p.port = String(value) === SPECIAL[this.#p.protocol] ? "" : String(value); }
  get pathname() { return this.#p.path; }
  set pathname(value) { this.#p.path = tidyPath("/" + String(value).replace(/^\//, "").replace(/\?/g, "%3F").replace(/#/g, "%23")); }
  get search() { return this.#p.query; }
  set search(value) { const text = percent(String(value).replace(/^\?/, "").replace(/#/g, "%23"), KEEP_QUERY); this.#p.query = text && "?" + text; this.#params = null; }
  get hash() { return this.#p.hash; }
  set hash(value) { const text = percent(String(value).replace(/^#/, ""), KEEP_HASH); this.#p.hash = text && "#" + text; }
  get searchParams() {
    if (!this.#params) this.#params = URLSearchParams.bind((text) => { this.#p.query = text && "?" + text; }, this.#p.query);
    return this.#params;
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
  get [Symbol.toStringTag]() { return "URL"; }
}
