// What the web platform puts into Node's globals: events, aborting, headers, bodies, fetch, timers, console.
class DOMException extends RealError {
  #name;
  constructor(message = "", name = "Error") { super(message); this.#name = typeof name === "string" ? name : "Error"; }
  get name() { return this.#name; }
  get code() { return { AbortError: 20, TimeoutError: 23, InvalidCharacterError: 5, DataCloneError: 25 }[this.#name] || 0; }
}
const domError = (message, name) => new DOMException(message, name);
class Event { constructor(type, init = {}) { this.type = String(type); this.detail = init.detail; this.defaultPrevented = false; } preventDefault() { this.defaultPrevented = true; } }
class EventTarget {
  #heard = new RealMap();
  addEventListener(type, listener, options) {
    if (!this.#heard.has(type)) this.#heard.set(type, []);
    this.#heard.get(type).push({ listener, once: Boolean(options && options.once) });
  }
  removeEventListener(type, listener) { const list = this.#heard.get(type) || []; const at = list.findIndex((x) => x.listener === listener); if (at >= 0) list.splice(at, 1); }
  dispatchEvent(event) {
    event.target = this;
    for (const entry of [...(this.#heard.get(event.type) || [])]) {
      if (entry.once) this.removeEventListener(event.type, entry.listener);
      guarded(() => (typeof entry.listener === "function" ? apply(entry.listener, this, [event]) : entry.listener.handleEvent(event)));
    }
    if (typeof this["on" + event.type] === "function") guarded(() => this["on" + event.type](event));
    return !event.defaultPrevented;
  }
}
let strike, makeSignal; // aborting and making signals is for the classes here alone
class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  static #open = false;
  constructor() {
    super();
    if (!AbortSignal.#open) throw new TypeError("Illegal constructor");
    this.onabort = null;
    describe(this, () => ({ $: "AbortSignal", aborted: this.#aborted }));
  }
  static {
    strike = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? domError("This operation was aborted", "AbortError") : reason;
      signal.dispatchEvent(new Event("abort"));
    };
    makeSignal = () => { AbortSignal.#open = true; try { return new AbortSignal(); } finally { AbortSignal.#open = false; } };
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }
  static abort(reason) { const made = makeSignal(); strike(made, reason); return made; }
  static timeout(delay) {
    const made = makeSignal();
    schedule(delay, () => strike(made, domError("The operation was aborted due to timeout", "TimeoutError")));
    return made;
  }
  static any(signals) {
    const made = makeSignal();
    for (const one of signals) { if (one.aborted) strike(made, one.reason); else one.addEventListener("abort", () => strike(made, one.reason)); }
    return made;
  }
}
class AbortController {
  #signal = makeSignal();
  get signal() { return this.#signal; }
  abort(reason) { strike(this.#signal, reason); }
}
function onAbort(signal, action) {
  if (!signal || typeof signal.addEventListener !== "function") return;
  if (signal.aborted) action(signal.reason); else signal.addEventListener("abort", () => action(signal.reason), { once: true });
}

class Headers {
  #map = new RealMap();
  constructor(init) {
    if (init instanceof Headers) for (const [n, v] of init) this.append(n, v);
    else if (init && typeof init[Symbol.iterator] === "function") for (const [n, v] of init) this.append(n, v);
    else if (init !== null && typeof init === "object") for (const n of Object.keys(init)) this.append(n, init[n]);
    describe(this, () => ({ $headers: Object.fromEntries(this) }));
  }
  #name(name) {
    const text = String(name);
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) throw new TypeError(`Headers.append: ${text} is an invalid header name.`);
    return text.toLowerCase();
  }
  #value(value) {
    const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
    if (/[\0\n\r]|[^\0-\xff]/.test(text)) throw new TypeError(`Headers.append: "${text}" is an invalid header value.`);
    return text;
  }
  append(name, value) { const n = this.#name(name), v = this.#value(value); this.#map.set(n, this.#map.has(n) ? this.#map.get(n) + ", " + v : v); }
  set(name, value) { this.#map.set(this.#name(name), this.#value(value)); }
  get(name) { const n = this.#name(name); return this.#map.has(n) ? this.#map.get(n) : null; }
  has(name) { return this.#map.has(this.#name(name)); }
  delete(name) { this.#map.delete(this.#name(name)); }
  getSetCookie() { return this.has("set-cookie") ? [this.get("set-cookie")] : []; }
  forEach(visit, self) { for (const [n, v] of this) apply(visit, self, [v, n, this]); }
  * entries() { for (const n of [...this.#map.keys()].sort()) yield [n, this.#map.get(n)]; }
  * keys() { for (const [n] of this.entries()) yield n; }
  * values() { for (const [, v] of this.entries()) yield v; }
  [Symbol.iterator]() { return this.entries(); }
  raw() { const out = {}; for (const [n, v] of this) out[n] = [v]; return out; }
}
class Blob {
  #bytes;
  constructor(parts = [], options = {}) {
    this.#bytes = Buffer.concat([...parts].map((p) => (p instanceof Blob ? p.#bytes : typeof p === "string" ? Buffer.from(p) : Buffer.from(bytesOf(p)))));
    this.type = String(options.type || "").toLowerCase();
    describe(this, () => ({ $blob: this.#bytes.toString("latin1"), type: this.type }));
  }
  get size() { return this.#bytes.length; }
  text() { return RealPromise.resolve(this.#bytes.toString()); }
  arrayBuffer() { return RealPromise.resolve(Uint8Array.from(this.#bytes).buffer); }
}
class File extends Blob { constructor(parts, name, options) { super(parts, options); this.name = String(name); } }
class FormData {
  #list = [];
  constructor() { describe(this, () => ({ $form: this.#list })); }
  append(name, value) { this.#list.push([String(name), value instanceof Blob ? value : String(value)]); }
  set(name, value) { this.delete(name); this.append(name, value); }
  delete(name) { this.#list = this.#list.filter(([n]) => n !== String(name)); }
  get(name) { const hit = this.#list.find(([n]) => n === String(name)); return hit ? hit[1] : null; }
  getAll(name) { return this.#list.filter(([n]) => n === String(name)).map(([, v]) => v); }
  has(name) { return this.#list.some(([n]) => n === String(name)); }
  entries() { return this.#list[Symbol.iterator](); }
  keys() { return this.#list.map(([n]) => n)[Symbol.iterator](); }
  values() { return this.#list.map(([, v]) => v)[Symbol.iterator](); }
  forEach(visit) { this.#list.forEach(([n, v]) => visit(v, n, this)); }
  [Symbol.iterator]() { return this.entries(); }
}
// A body stream as both worlds read it: getReader and for-await (web), on('data') and pipe (Node).
function bodyStream(text) {
  const chunks = text === "" ? [] : [Buffer.from(text)];
  const stream = {
    locked: false,
    getReader() { stream.locked = true; return { read: async () => (chunks.length ? { done: false, value: Uint8Array.from(chunks.shift()) } : { done: true, value: undefined }), releaseLock() { stream.locked = false; }, cancel: async () => { chunks.length = 0; } }; },
    async cancel() { chunks.length = 0; },
    async* [Symbol.asyncIterator]() { while (chunks.length) yield chunks.shift(); },
    on(name, listener) {
      if (name === "data") schedule(0, () => { while (chunks.length) listener(chunks.shift()); });
      if (name === "end" || name === "close" || name === "finish") schedule(0, () => schedule(0, listener));
      return stream;
    },
    once(name, listener) { return stream.on(name, listener); }, resume() { return stream; }, setEncoding() { return stream; },
    pipe(target) { return target; }, destroy() { chunks.length = 0; return stream; },
  };
  return describe(stream, () => ({ $: "stream" }));
}
class Body {
  #text; #used = false; #stream;
  constructor(text) { this.#text = text; }
  get bodyUsed() { return this.#used || Boolean(this.#stream && this.#stream.locked); }
  get body() { if (this.#text === null) return null; this.#stream = this.#stream || bodyStream(this.#text); return this.#stream; }
  #take() {
    if (this.bodyUsed) return RealPromise.reject(new TypeError("Body is unusable: Body has already been read"));
    this.#used = this.#text !== null;
    return RealPromise.resolve(this.#text === null ? "" : this.#text);
  }
  text() { return this.#take(); }
  async json() { return parseJson(await this.#take()); }
  async buffer() { return Buffer.from(await this.#take()); }
  async arrayBuffer() { return Uint8Array.from(Buffer.from(await this.#take())).buffer; }
  async bytes() { return new Uint8Array(await this.arrayBuffer()); }
  async blob() { return new Blob([await this.#take()]); }
  async formData() { return unsupported("Response.formData"); }
  copyText() { return this.#text; }
}
const textOfBody = (body) => (body === undefined || body === null ? null : typeof body === "string" ? body : body instanceof URLSearchParams ? body.toString() : ArrayBuffer.isView(body) ? fromUtf8(bytesOf(body)) : body instanceof FormData || body instanceof Blob ? encode(body, []) : String(body));
const REASONS = { 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable" };
class Response extends Body {
  constructor(body = null, init = {}) {
    super(textOfBody(body));
    this.status = init.status === undefined ? 200 : init.status;
    this.statusText = init.statusText === undefined ? "" : init.statusText;
    this.headers = new Headers(init.headers);
    this.ok = this.status >= 200 && this.status < 300;
    this.redirected = false; this.type = "basic"; this.url = init.url || "";
    describe(this, () => ({ $: "Response", status: this.status }));
  }
  clone() { return new Response(this.copyText(), this); }
  static json(value, init = {}) { return new Response(stringify(value), { ...init, headers: { "content-type": "application/json", ...init.headers } }); }
  static error() { return new Response(null, { status: 0 }); }
}
class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : {};
    super(textOfBody(init.body !== undefined ? init.body : input instanceof Request ? input.copyText() : null));
    this.url = input instanceof Request ? input.url : new URL(input).href;
    this.method = String(init.method || from.method || "GET").toUpperCase();
    this.headers = new Headers(init.headers || from.headers);
    this.signal = init.signal || from.signal || makeSignal();
    describe(this, () => ({ $: "Request", url: this.url, method: this.method, headers: this.headers, body: this.copyText() }));
  }
  clone() { return new Request(this); }
}
function responseFrom(answer, url) {
  return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, statusText: REASONS[answer.status] || "", headers: answer.headers, url });
}
function fetchFailure(code) {
  return Object.assign(new TypeError("fetch failed"), { cause: systemError(code) });
}
// `name` is the path under which the call is recorded: "fetch", "undici.fetch" …
function makeFetch(name, failure = fetchFailure) {
  const send = (input, init) => new RealPromise((resolve, reject) => {
    const options = init === undefined || init === null ? {} : init;
    const signal = options.signal || (input instanceof Request ? input.signal : undefined);
    const url = input instanceof Request ? input.url : new URL(input).href;
    const method = String(options.method || (input instanceof Request && input.method) || "GET").toUpperCase();
    if ((method === "GET" || method === "HEAD") && options.body !== undefined && options.body !== null) throw new TypeError("Request with GET/HEAD method cannot have body.");
    new Headers(options.headers); // throws on headers that no request can have
    if (signal && signal.aborted) { reject(signal.reason); return; }
    const cancel = deliver(outbound(name, init === undefined ? [input] : [input, init]), (result) => (result.error ? reject(failure(result.error)) : resolve(responseFrom(result, url))));
    onAbort(signal, (reason) => { cancel(); reject(reason); });
  });
  return { fetch(input, init = undefined) { return send(input, init); } }.fetch; // named "fetch", two parameters, no prototype
}
const webFetch = makeFetch("fetch");

// ---- timers as Node has them ------------------------------------------------------------------------------------
const timersById = new RealMap();
class Timeout {
  constructor(callback, delay, args, every) {
    if (typeof callback !== "function") throw Object.assign(new TypeError(`The "callback" argument must be of type function. Received ${callback}`), { code: "ERR_INVALID_ARG_TYPE" });
    let wait = +delay;
    if (!(wait >= 1 && wait <= 2147483647)) wait = 1;
    hidden.set(this, { wait, every, call: () => apply(callback, this, args), timer: null });
    describe(this, () => ({ $: "Timeout" }));
    armTimeout(this);
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  refresh() { stopTimeout(this); armTimeout(this); return this; }
  close() { stopTimeout(this); return this; }
  [Symbol.toPrimitive]() { const id = hidden.get(this).timer.id; timersById.set(id, this); return id; }
}
const hidden = new RealWeakMap();
function armTimeout(timeout) {
  const inner = hidden.get(timeout);
  inner.timer = schedule(inner.wait, () => { if (inner.every) armTimeout(timeout); inner.call(); });
}
function stopTimeout(timeout) {
  const known = typeof timeout === "object" && timeout !== null ? timeout : timersById.get(+timeout);
  const inner = known && hidden.get(known);
  if (inner && inner.timer) unschedule(inner.timer);
}
function setTimeout(callback, delay, ...args) { return new Timeout(callback, delay, args, false); }
function setInterval(callback, delay, ...args) { return new Timeout(callback, delay, args, true); }
function setImmediate(callback, ...args) { const made = new Timeout(callback, 1, args, false); unschedule(hidden.get(made).timer); hidden.get(made).timer = schedule(0, hidden.get(made).call); return made; }
function clearTimeout(timeout) { stopTimeout(timeout); }
function clearInterval(timeout) { stopTimeout(timeout); }
function clearImmediate(timeout) { stopTimeout(timeout); }
function queueMicrotask(callback) {
  if (typeof callback !== "function") throw new TypeError('The "callback" argument must be of type function.');
  promiseThen(RealPromise.resolve(), () => guarded(callback));
}
function structuredClone(value, seen = new RealMap()) {
  if (typeof value === "function" || typeof value === "symbol") throw domError(`${String(value)} could not be cloned.`, "DataCloneError");
  if (value === null || typeof value !== "object") return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (made) => { seen.set(value, made); return made; };
  if (isArray(value)) { const made = keep(new Array(value.length)); for (const k of Object.keys(value)) made[k] = structuredClone(value[k], seen); return made; }
  if (value instanceof RealDate) return keep(new RealDate(dateTime(value)));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof RealMap) { const made = keep(new RealMap()); for (const [k, v] of value) made.set(structuredClone(k, seen), structuredClone(v, seen)); return made; }
  if (value instanceof RealSet) { const made = keep(new RealSet()); for (const v of value) made.add(structuredClone(v, seen)); return made; }
  if (ArrayBuffer.isView(value)) return keep(Uint8Array.from(bytesOf(value)));
  if (value instanceof RealError) return keep(Object.assign(new RealError(value.message), { name: value.name }));
  const made = keep({});
  for (const key of Object.keys(value)) made[key] = structuredClone(value[key], seen);
  return made;
}
const nothing = () => undefined;
function makeConsole() {
  const made = {};
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "dir", "dirxml", "table", "group", "groupCollapsed", "groupEnd", "time", "timeEnd", "timeLog", "count", "countReset", "assert", "clear"]) {
    made[name] = { [name](...args) { formatLog(args); } }[name];
  }
  return made;
}
// What is logged is no part of the verification, but logging runs an object's own toString and inspect code, which may act.
function formatLog(args) { for (const value of args) if (typeof value === "object" && value !== null && typeof value.inspect === "function") note("uses:console.inspect"); }
