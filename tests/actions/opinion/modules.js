"use strict";
// What `require` gives a program: Node's own modules where they only compute, recording stand-ins for the rest.
const { EventEmitter } = require("node:events");
const { PassThrough, Writable } = require("node:stream");
const { after, busyUntil, bytes, random, sleep } = require("./clock.js");
const { answer, record, shown } = require("./record.js");
const { fetched, standIn, systemError } = require("./packages.js");

const REAL = new Set(["assert", "buffer", "events", "path", "punycode", "querystring", "stream", "stream/promises", "string_decoder", "url", "util", "zlib"]);
const NEVER = new Set(["child_process", "cluster", "dgram", "dns", "http2", "inspector", "module", "net", "repl", "tls", "v8", "vm", "worker_threads"]);

// ---- fetch, http and https ----------------------------------------------------------------------------------------
async function sendFetch(path, input, init = {}) {
  const request = input instanceof Request ? input : null;
  record(path, [request ? request.url : String(input), { ...init, ...(request ? await described(request) : {}), signal: undefined }]);
  const signal = init.signal ?? request?.signal;
  const given = answer();
  return new Promise((resolve, reject) => {
    if (signal?.aborted) { reject(signal.reason); return; }
    signal?.addEventListener("abort", () => reject(signal.reason));
    if (!URL.canParse(String(request ? request.url : input))) { reject(new TypeError("Failed to parse URL")); return; }
    if (given.error) after(given.after, () => reject(Object.assign(new TypeError("fetch failed"), { cause: systemError(given.error) })));
    else if (given.status) after(given.after, () => resolve(fetched(given)));
  });
}
async function described(request) { // without the boundary of a form, which Node chooses at random
  const headers = Object.fromEntries(request.headers);
  const form = /^multipart/.test(headers["content-type"]);
  if (form) headers["content-type"] = "multipart/form-data";
  return { method: request.method, headers, body: form ? await request.formData() : await request.text() };
}
class ClientRequest extends Writable {
  constructor(name, args) {
    super();
    const callback = args.find((each) => typeof each === "function");
    Object.assign(this, { name, given: args.filter((each) => each !== callback), sent: [], limit: null, headersSet: {} });
    if (callback) this.once("response", callback);
    const timeout = this.given.find((each) => each?.timeout > 0)?.timeout;
    if (timeout) this.setTimeout(timeout);
  }
  _write(chunk, encoding, done) { this.sent.push(Buffer.from(chunk)); done(); }
  _final(done) { this.transmit(); done(); }
  setHeader(name, value) { this.headersSet[name] = value; }
  setNoDelay() { return this; }
  abort() { this.destroy(); }
  setTimeout(delay, listener) { if (listener) this.once("timeout", listener); this.limit = after(delay, () => this.answered || this.emit("timeout")); return this; }
  _destroy(error, done) { this.answered = true; done(error ?? (this.done ? null : Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))); }
  transmit() {
    record(this.name, [...this.given, this.headersSet, Buffer.concat(this.sent).toString()]);
    const given = answer();
    if (given.error) after(given.after, () => this.destroyed || this.destroy(systemError(given.error)));
    else if (given.status) after(given.after, () => this.respond(given));
  }
  respond(given) {
    if (this.destroyed) return;
    this.answered = this.done = true;
    const response = Object.assign(new PassThrough(), { statusCode: given.status, statusMessage: "", headers: { ...given.headers } });
    this.emit("response", response);
    response.end(given.body);
  }
}
const client = (name) => ({
  request: (...args) => new ClientRequest(name, args),
  get: (...args) => { const made = new ClientRequest(`${name}.get`, args); made.end(); return made; },
  Agent: class Agent { constructor(options) { record(`new ${name}.Agent`, [options]); shown.set(this, `${name}.Agent`); } destroy() {} },
  globalAgent: {}, STATUS_CODES: require("node:http").STATUS_CODES,
});

// ---- crypto: real, but for chance --------------------------------------------------------------------------------------
function uuid() {
  const b = bytes(16);
  b[6] = (b[6] & 15) | 64; b[8] = (b[8] & 63) | 128;
  return b.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
function randomInt(low, high, callback) {
  const [from, to, then] = typeof high === "number" ? [low, high, callback] : [0, low, high];
  const value = from + Math.floor(random() * (to - from));
  if (then) after(0, () => then(null, value));
  return value;
}
const crypto = Object.create(require("node:crypto"), Object.getOwnPropertyDescriptors({
  randomUUID: uuid, randomInt,
  randomBytes(size, callback) { const made = bytes(size); if (callback) after(0, () => callback(null, made)); return made; },
}));
function randomValues(into) { const view = Buffer.from(into.buffer, into.byteOffset, into.byteLength); bytes(view.length).copy(view); return into; }
const NO_CHANCE = { randomUUID: uuid, getRandomValues: randomValues };

// ---- packages that call functions they are given --------------------------------------------------------------------------
const get = (object, path, fallback) => { const found = (Array.isArray(path) ? path : String(path).match(/[^.[\]'"]+/g) ?? []).reduce((value, key) => value?.[key], object); return found === undefined ? fallback : found; };
const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const merge = (into, ...others) => {
  for (const other of others) for (const key of Object.keys(other ?? {})) into[key] = isPlain(into[key]) && isPlain(other[key]) ? merge(into[key], other[key]) : other[key];
  return into;
};
const lodash = {
  get, merge, identity: (value) => value,
  isEmpty: (value) => value === null || value === undefined || Object.keys(value).length === 0,
  pickBy: (object, keep = (value) => value) => Object.fromEntries(Object.entries(object).filter(([key, value]) => keep(value, key))),
  trimEnd: (value, marks = " ") => { let end = value.length; while (end && marks.includes(value[end - 1])) end -= 1; return value.slice(0, end); },
  truncate: (value, { length = 30, omission = "..." } = {}) => (value.length <= length ? value : value.slice(0, length - omission.length) + omission),
};
async function asyncRetry(attempt, { retries = 10, minTimeout = 1000, factor = 2, onRetry = () => {} } = {}) {
  for (let n = 1; ; n++) {
    let gaveUp = null;
    try { return await attempt((error) => { gaveUp = error; }, n); } catch (error) {
      if (gaveUp || n > retries) throw gaveUp ?? error;
      onRetry(error, n);
      await sleep(minTimeout * factor ** (n - 1));
    }
  }
}

const loaded = new Map();
function requireModule(given) {
  const name = String(given).replace(/^node:/, "");
  if (!loaded.has(name)) { record("require", [name]); loaded.set(name, make(name)); }
  return loaded.get(name);
}
function make(name) {
  if (REAL.has(name)) return require(`node:${name}`);
  if (NEVER.has(name) || /^[./]/.test(name)) throw new Error(`Cannot find module '${name}'`);
  if (name === "crypto") return crypto;
  if (name === "http" || name === "https") return client(name);
  if (name === "timers") return { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  if (name === "timers/promises") return { setTimeout: sleep, setImmediate: (value) => sleep(0, value) };
  if (name === "process") return process;
  if (name === "os") return { EOL: "\n", hostname: () => "localhost", platform: () => "linux" };
  if (name === "lodash") return lodash;
  if (name.startsWith("lodash")) return lodash[name.slice(7)];
  if (name === "async-retry") return asyncRetry;
  if (name === "uuid") return { v1: uuid, v4: uuid, v7: uuid };
  if (/^(node-fetch|cross-fetch|isomorphic-fetch)$/.test(name)) { const made = (url, init) => sendFetch(name, url, init); return Object.assign(made, { default: made, Headers, Request, Response }); }
  if (name === "undici") return { ...undici(), FormData, Headers, Request, Response, fetch: (url, init) => sendFetch("undici.fetch", url, init) };
  return standIn(name, name);
}
function undici() {
  const request = async (path, url, options) => {
    const response = await sendFetch(path, url, options);
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: Object.assign(response, { dump: async () => {} }) };
  };
  class Dispatcher {
    constructor(origin, options) { record("new undici.Dispatcher", [origin, options]); this.origin = origin; shown.set(this, "undici.Dispatcher"); }
    request({ path = "/", ...options }) { return request("undici.Dispatcher.request", new URL(path, this.origin).href, options); }
    async close() {}
    async destroy() {}
  }
  return { request: (url, options) => request("undici.request", url, options), Pool: Dispatcher, Client: Dispatcher, Agent: Dispatcher, setGlobalDispatcher() {} };
}
function install() {
  for (const method of ["decrypt", "deriveBits", "digest", "encrypt", "importKey", "sign", "verify"]) {
    const plain = globalThis.crypto.subtle[method].bind(globalThis.crypto.subtle);
    Object.defineProperty(globalThis.crypto.subtle, method, { value: (...args) => busyUntil(plain(...args)) });
  }
  globalThis.fetch = (input, init) => sendFetch("fetch", input, init);
  Object.assign(globalThis.crypto, NO_CHANCE);
  if (globalThis.crypto.randomUUID !== uuid) Object.defineProperties(Object.getPrototypeOf(globalThis.crypto), { randomUUID: { value: uuid }, getRandomValues: { value: randomValues } });
}
module.exports = { install, loaded, requireModule };
