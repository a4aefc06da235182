// Node's own modules and globals, as far as Actions use them.
let moduleCache = new RealMap();
const MODULES = create(null); // name -> () => exports
const later = (value, error) => new RealPromise((resolve, reject) => (error ? reject(error) : resolve(value)));

function makeProcess() {
  const made = {
    env: { NODE_ENV: "production", TZ: "UTC" }, argv: ["node"], execArgv: [], pid: 1, ppid: 0, platform: "linux", arch: "x64", title: "node", exitCode: undefined,
    version: "v22.18.0", versions: { node: "22.18.0", v8: "12.4.254.21-node.27" }, release: { name: "node" },
    cwd: () => "/", uptime: () => (clockNow() - run.start) / 1000,
    hrtime: Object.assign((from) => { const s = floor(clockNow() / 1000), n = (run.now % 1000) * 1e6; return from ? [s - from[0], n - from[1]] : [s, n]; }, { bigint: () => BigInt(clockNow()) * 1000000n }),
    memoryUsage: () => ({ rss: 5e7, heapTotal: 2e7, heapUsed: 1e7, external: 1e6, arrayBuffers: 1e4 }), cpuUsage: () => ({ user: 0, system: 0 }),
    nextTick(action, ...args) { run.ticks.push(() => action(...args)); },
    emitWarning: nothing, on() { return made; }, once() { return made; }, off() { return made; }, removeListener() { return made; }, removeAllListeners() { return made; }, emit: () => false, listenerCount: () => 0,
    exit(code) { record("call", "process.exit", [code]); halt("process.exit was called"); }, abort() { halt("process.abort was called"); },
    stdout: { write: () => true, isTTY: false }, stderr: { write: () => true, isTTY: false },
  };
  return made;
}
const performanceNow = { now: () => clockNow() - run.start, timeOrigin: 0, mark: nothing, measure: nothing };

// ---- crypto --------------------------------------------------------------------------------------------------------
const DIGEST_SIZES = { md5: 16, sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64, "sha3-256": 32, ripemd160: 20 };
const digestName = (name) => String(name).toLowerCase().replace(/^rsa-/, "").replace(/^sha-/, "sha");
// OpenSSL 3 (since Node 17) offers these ciphers and digests no more; checked against Node 20.
const OLD_CIPHERS = /^(?:des-(?!ede)|rc[245]|bf\b|blowfish|cast|idea|seed)/i;
function removedIn22(what) { note("removed:" + what); return undefined; }
function unsupportedBySsl(what) { note(`removed:${what} (of OpenSSL 1)`); return Object.assign(new RealError("error:0308010C:digital envelope routines::unsupported"), { code: "ERR_OSSL_EVP_UNSUPPORTED" }); }
function digestSize(name) {
  if (/^(?:rsa-)?(?:md4|mdc2|whirlpool)$/i.test(name)) throw unsupportedBySsl(`digest ${name}`);
  const size = DIGEST_SIZES[digestName(name)];
  if (!size) throw new RealError("Digest method not supported");
  return size;
}
const keyBytes = (key) => (typeof key === "string" ? utf8(key) : ArrayBuffer.isView(key) || key instanceof ArrayBuffer ? bytesOf(key) : utf8(encode(key, [])));
// Who made which signature with which key: by this a verification can tell a right token from a wrong one.
function noteSignature([kind, key, data], out) {
  if (kind.startsWith("hmac:")) record("hmac", kind.slice(5), [base64(bytesOf(key)), fromLatin1(bytesOf(data || new Uint8Array(0))), base64url(out)]);
}
class Hash {
  #parts; #size; #done = false;
  constructor(kind, algorithm, key) { this.#size = digestSize(algorithm); this.#parts = [kind + digestName(algorithm), key]; }
  update(data, encoding) {
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw Object.assign(new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView.'), { code: "ERR_INVALID_ARG_TYPE" });
    const bytes = typeof data === "string" ? encodeText(data, encoding) : bytesOf(data);
    this.#parts[2] = this.#parts[2] ? Buffer.concat([this.#parts[2], bytes]) : bytes;
    return this;
  }
  digest(encoding) {
    if (this.#done) throw Object.assign(new RealError("Digest already called"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    this.#done = true;
    const parts = this.#parts[2] ? this.#parts : [...this.#parts.slice(0, 2), ""];
    const out = Buffer.wrap(opaqueDigest(parts, this.#size));
    noteSignature(parts, out);
    return encoding && encoding !== "buffer" ? out.toString(encoding) : out;
  }
}
const hmac = (algorithm, key, text) => new Hash("hmac:", algorithm, keyBytes(key)).update(text).digest();
class Signer {
  #parts = []; #name;
  constructor(name) { this.#name = name; }
  update(data) { this.#parts.push(Buffer.from(typeof data === "string" ? data : bytesOf(data))); return this; }
  end() { return this; }
  sign(key, encoding) { const out = Buffer.wrap(opaqueDigest(["sign:" + digestName(this.#name), keyBytes(key), Buffer.concat(this.#parts)], 256)); return encoding ? out.toString(encoding) : out; }
}
// A stand-in cipher keeps its text readable, so that a verification sees what is sent; its end depends on the key.
class Cipher {
  #parts;
  constructor(kind, key, iv) { this.#parts = [kind, keyBytes(key), iv === null || iv === undefined ? "" : keyBytes(iv)]; }
  setAAD(data) { this.#parts.push(bytesOf(data)); return this; }
  setAutoPadding() { return this; }
  update(data, from, to) { const bytes = Buffer.from(typeof data === "string" ? encodeText(data, from) : bytesOf(data)); this.#parts.push(bytes); return to ? bytes.toString(to) : bytes; }
  final(to) { const out = Buffer.from(hex(opaqueDigest(this.#parts, 8))); return to ? out.toString(to) : out; }
  getAuthTag() { return Buffer.wrap(opaqueDigest(["tag", ...this.#parts], 16)); }
}
const sealed = (key, data) => Buffer.concat([Buffer.from(hex(opaqueDigest(["sealed", keyBytes(key)], 8))), Buffer.from(bytesOf(data))]);
const randomBuffer = (size) => Buffer.from(Array.from({ length: size }, randomByte));
function randomUUID() {
  const b = randomBuffer(16);
  b[6] = b[6] & 15 | 64; b[8] = b[8] & 63 | 128;
  return hex(b).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
const subtle = {
  async digest(algorithm, data) { const name = typeof algorithm === "string" ? algorithm : algorithm.name; return opaqueDigest(["hash:" + digestName(name), "", bytesOf(data)], digestSize(name)).buffer; },
  async importKey(format, data, algorithm, extractable, usages) {
    const key = { type: "secret", algorithm, extractable, usages };
    const raw = ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? Uint8Array.from(bytesOf(data)) : utf8(encode(data, []));
    subtleKeys.set(key, { raw, algorithm });
    return describe(key, () => ({ $: "CryptoKey" }));
  },
  async sign(algorithm, key, data) {
    const { raw, algorithm: of } = subtleKeys.get(key);
    const name = typeof algorithm === "string" ? algorithm : algorithm.name;
    const hash = digestName((of && of.hash && (of.hash.name || of.hash)) || "sha256");
    if (name.toUpperCase() === "HMAC") return Uint8Array.from(hmac(hash, raw, bytesOf(data))).buffer;
    return opaqueDigest(["sign:" + name + hash, raw, bytesOf(data)], 256).buffer;
  },
};
for (const name of ["encrypt", "decrypt", "verify", "deriveKey", "deriveBits", "generateKey", "exportKey", "wrapKey", "unwrapKey"]) subtle[name] = async () => unsupported("crypto.subtle." + name);
const subtleKeys = new RealWeakMap();
const webcrypto = { subtle, randomUUID, getRandomValues(into) { const b = bytesOf(into); for (let i = 0; i < b.length; i++) b[i] = randomByte(); return into; } };
MODULES.crypto = () => open({
  createHash: (name) => new Hash("hash:", name, ""), createHmac: (name, key) => new Hash("hmac:", name, keyBytes(key)),
  // What Node 22 no longer has: the pair is gone since 22, the default encoding since 20 (DEP0106, DEP0091).
  get createCipher() { return removedIn22("crypto.createCipher"); }, get createDecipher() { return removedIn22("crypto.createDecipher"); }, get DEFAULT_ENCODING() { return removedIn22("crypto.DEFAULT_ENCODING"); },
  createCipheriv(kind, key, iv) { if (OLD_CIPHERS.test(kind)) throw unsupportedBySsl(`cipher ${kind}`); return new Cipher(String(kind), key, iv); }, publicEncrypt: sealed, privateEncrypt: sealed,
  createSign: (name) => new Signer(name), sign: (name, data, key) => new Signer(name || "raw").update(data).sign(key),
  hash: (name, data, encoding = "hex") => new Hash("hash:", name, "").update(data).digest(encoding),
  randomBytes(size, callback) { const out = randomBuffer(size); if (!callback) return out; schedule(0, () => callback(null, out)); return undefined; },
  randomFillSync: (into) => webcrypto.getRandomValues(into), getRandomValues: (into) => webcrypto.getRandomValues(into), randomUUID,
  randomInt(low, high, callback) {
    const [from, to, then] = typeof high === "number" ? [low, high, callback] : [0, low, high];
    note("uses:randomness");
    const out = from + floor(nextRandom() * (to - from));
    if (!then) return out;
    schedule(0, () => then(null, out));
    return undefined;
  },
  timingSafeEqual(a, b) { if (a.byteLength !== b.byteLength) throw Object.assign(new RangeError("Input buffers must have the same byte length"), { code: "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH" }); return Buffer.compare(bytesOf(a), bytesOf(b)) === 0; },
  pbkdf2Sync: (p, s, n, size, name) => Buffer.wrap(opaqueDigest(["pbkdf2:" + n + name, keyBytes(p), keyBytes(s)], size)),
  getHashes: () => Object.keys(DIGEST_SIZES), webcrypto, subtle, Hash, constants: {},
}, "crypto");

// ---- small builtins ------------------------------------------------------------------------------------------------
const qsEscape = (value) => percent(String(value), /[!'()*\-.0-9A-Z_a-z~]/);
const qsUnescape = (text) => { try { return decodeURIComponent(text); } catch { return fromUtf8(latin1(text)); } };
const qsValue = (v) => (typeof v === "string" || typeof v === "boolean" || typeof v === "bigint" || (typeof v === "number" && isFinite(v)) ? String(v) : "");
MODULES.querystring = () => {
  const stringifyQuery = (object, sep = "&", eq = "=") => (object === null || typeof object !== "object" ? "" : Object.keys(object).flatMap((k) => (isArray(object[k]) ? object[k] : [object[k]]).map((v) => qsEscape(k) + eq + qsEscape(qsValue(v)))).join(sep));
  const parseQuery = (text, sep = "&", eq = "=") => {
    const out = create(null);
    for (const part of String(text).split(sep)) {
      if (!part) continue;
      const [k, ...rest] = part.replace(/\+/g, " ").split(eq);
      const name = qsUnescape(k), value = qsUnescape(rest.join(eq));
      if (name in out) out[name] = [].concat(out[name], value); else out[name] = value;
    }
    return out;
  };
  return open({ stringify: stringifyQuery, encode: stringifyQuery, parse: parseQuery, decode: parseQuery, escape: qsEscape, unescape: qsUnescape }, "querystring");
};
MODULES.qs = () => {
  const walk = (name, value, out, opts) => {
    if (value === undefined) return;
    if (isArray(value)) value.forEach((v, i) => walk(opts.arrayFormat === "repeat" ? name : opts.arrayFormat === "brackets" ? name + "[]" : `${name}[${i}]`, v, out, opts));
    else if (value !== null && typeof value === "object" && !(value instanceof RealDate)) for (const k of Object.keys(value)) walk(`${name}[${k}]`, value[k], out, opts);
    else out.push((opts.encode === false ? name : encodeURIComponent(name)) + "=" + (value === null ? "" : opts.encode === false ? value instanceof RealDate ? dateIso(value) : String(value) : encodeURIComponent(value instanceof RealDate ? dateIso(value) : value)));
  };
  const stringifyQuery = (object, opts = {}) => { const out = []; for (const k of Object.keys(object || {})) walk(k, object[k], out, opts); const text = out.join("&"); return opts.addQueryPrefix && text ? "?" + text : text; };
  const parseQuery = (text) => { const out = {}; for (const [k, v] of new URLSearchParams(text)) { if (k.includes("[")) return unsupported("qs.parse of nested names"); out[k] = k in out ? [].concat(out[k], v) : v; } return out; };
  return open({ stringify: stringifyQuery, parse: parseQuery }, "qs");
};
MODULES.url = () => open({
  URL, URLSearchParams,
  parse(text, withQuery) {
    let p;
    try { p = splitUrl(text, "relative://x"); } catch { return { href: text, protocol: null, host: null, hostname: null, port: null, path: text, pathname: text, search: null, query: null, hash: null, auth: null }; }
    const search = p.query || null, host = p.hostname + (p.port ? ":" + p.port : "");
    return {
      protocol: p.protocol, slashes: true, auth: p.username ? qsUnescape(p.username + (p.password ? ":" + p.password : "")) : null, host, port: p.port || null, hostname: p.hostname, hash: p.hash || null, search,
      query: withQuery ? Object.fromEntries(new URLSearchParams(p.query)) : search && search.slice(1), pathname: p.path, path: p.path + p.query, href: new URL(text).href,
    };
  },
  format(value) { return typeof value === "string" ? value : value instanceof URL ? value.href : `${value.protocol || ""}${value.protocol ? "//" : ""}${value.host || value.hostname + (value.port ? ":" + value.port : "")}${value.pathname || ""}${value.search || (value.query && Object.keys(value.query).length ? "?" + new URLSearchParams(value.query) : "")}${value.hash || ""}`; },
  resolve: (from, to) => new URL(to, from).href, fileURLToPath: (u) => new URL(u).pathname,
}, "url");
function inspect(value) {
  if (typeof value === "string") return `'${value}'`;
  if (value instanceof RealError) return String(value.stack || value);
  if (typeof value === "object" && value !== null) {
    run.inspects = true; // shows the stacks of errors
    try { return encode(value, []); } finally { run.inspects = false; }
  }
  return String(value);
}
function format(first, ...rest) {
  let out = String(typeof first === "string" ? first.replace(/%[sdifjoO%]/g, (m) => {
    if (m === "%%") return "%";
    if (!rest.length) return m;
    const v = rest.shift();
    return m === "%j" ? stringify(v) : m === "%s" ? (typeof v === "object" && v !== null ? inspect(v) : String(v)) : m === "%d" ? String(Number(v)) : m === "%i" ? String(parseInt(v, 10)) : m === "%f" ? String(parseFloat(v)) : inspect(v);
  }) : inspect(first));
  for (const v of rest) out += " " + (typeof v === "string" ? v : inspect(v));
  return out;
}
const promisifyCustom = Symbol.for("nodejs.util.promisify.custom");
defineProperty(setTimeout, promisifyCustom, { value: (delay, value) => new RealPromise((resolve) => setTimeout(resolve, delay, value)) });
defineProperty(setImmediate, promisifyCustom, { value: (value) => new RealPromise((resolve) => setImmediate(resolve, value)) });
function promisify(original) {
  if (typeof original !== "function") throw Object.assign(new TypeError('The "original" argument must be of type function.'), { code: "ERR_INVALID_ARG_TYPE" });
  if (!known.has(original) && original[promisifyCustom]) return original[promisifyCustom];
  return function (...args) { return new RealPromise((resolve, reject) => apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))])); };
}
promisify.custom = promisifyCustom;
MODULES.util = () => open({
  promisify, inspect: Object.assign(inspect, { custom: Symbol.for("nodejs.util.inspect.custom") }), format, TextEncoder, TextDecoder,
  callbackify: (action) => (...args) => { const then = args.pop(); promiseThen(action(...args), (v) => schedule(0, () => then(null, v)), (e) => schedule(0, () => then(e))); },
  inherits(made, parent) { Object.setPrototypeOf(made.prototype, parent.prototype); made.super_ = parent; }, deprecate: (f) => f, debuglog: () => nothing, isDeepStrictEqual: (a, b) => encode(a, []) === encode(b, []),
  isArray, types: { isPromise: (v) => v instanceof RealPromise, isDate: (v) => v instanceof RealDate },
}, "util");
class EventEmitter {
  #heard = new RealMap();
  on(name, listener) { if (!this.#heard.has(name)) this.#heard.set(name, []); this.#heard.get(name).push({ listener }); return this; }
  addListener(name, listener) { return this.on(name, listener); }
  prependListener(name, listener) { this.on(name, listener); this.#heard.get(name).unshift(this.#heard.get(name).pop()); return this; }
  once(name, listener) { this.on(name, listener); const list = this.#heard.get(name); list[list.length - 1].once = true; return this; }
  off(name, listener) { const list = this.#heard.get(name) || []; const at = list.findIndex((x) => x.listener === listener); if (at >= 0) list.splice(at, 1); return this; }
  removeListener(name, listener) { return this.off(name, listener); }
  removeAllListeners(name) { if (name === undefined) this.#heard.clear(); else this.#heard.delete(name); return this; }
  emit(name, ...args) {
    const list = [...(this.#heard.get(name) || [])];
    if (!list.length && name === "error") throw args[0];
    for (const entry of list) { if (entry.once) this.off(name, entry.listener); apply(entry.listener, this, args); }
    return list.length > 0;
  }
  listenerCount(name) { return (this.#heard.get(name) || []).length; }
  listeners(name) { return (this.#heard.get(name) || []).map((x) => x.listener); }
  eventNames() { return [...this.#heard.keys()]; }
  setMaxListeners() { return this; }
}
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = (emitter, name) => new RealPromise((resolve, reject) => { emitter.once(name, (...args) => resolve(args)); if (name !== "error") emitter.once("error", reject); });
MODULES.events = () => EventEmitter;
// Streams of what is at hand, as Actions write them into a request; every other kind is recorded.
class Readable extends EventEmitter {
  #chunks;
  constructor(chunks) { super(); this.#chunks = chunks; }
  static from(source) { return new Readable(typeof source === "string" || ArrayBuffer.isView(source) ? [source] : [...source]); }
  pipe(target) { schedule(0, () => { for (const chunk of this.#chunks) target.write(chunk); target.end(); this.emit("end"); }); return target; }
  on(name, listener) { super.on(name, listener); if (name === "data") schedule(0, () => { for (const chunk of this.#chunks.splice(0)) this.emit("data", chunk); this.emit("end"); }); return this; }
  setEncoding() { return this; }
  async* [Symbol.asyncIterator]() { yield* this.#chunks.splice(0); }
}
MODULES.stream = () => open({ Readable }, "stream");
MODULES.buffer = () => ({ Buffer, Blob, File, atob, btoa, constants: { MAX_LENGTH: 4294967296 } });
MODULES.timers = () => ({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate });
MODULES["timers/promises"] = () => ({ setTimeout: setTimeout[promisifyCustom], setImmediate: setImmediate[promisifyCustom], scheduler: { wait: setTimeout[promisifyCustom] } });
MODULES.process = () => globalThis.process;
MODULES.console = () => globalThis.console;
MODULES.perf_hooks = () => ({ performance: performanceNow });
MODULES.string_decoder = () => ({ StringDecoder: class { constructor(e) { this.encoding = e || "utf8"; } write(b) { return Buffer.from(b).toString(this.encoding); } end(b) { return b ? this.write(b) : ""; } } });
MODULES.os = () => open({ EOL: "\n", hostname: () => "localhost", platform: () => "linux", type: () => "Linux", release: () => "5", arch: () => "x64", tmpdir: () => "/tmp", cpus: () => [] }, "os");
class AssertionError extends RealError { constructor(o) { super(o.message); this.name = "AssertionError"; this.code = "ERR_ASSERTION"; this.actual = o.actual; this.expected = o.expected; } }
MODULES.assert = () => {
  const check = (good, message, actual, expected) => { if (good) return; if (message instanceof RealError) throw message; throw new AssertionError({ message: message === undefined ? "The expression evaluated to a falsy value" : message, actual, expected }); };
  const made = (value, message) => check(value, message, value, true);
  const deep = (a, b, m) => check(encode(a, []) === encode(b, []), m, a, b);
  return open(Object.assign(made, {
    ok: (value, message) => check(value, message, value, true), equal: (a, b, m) => check(a == b, m, a, b), strictEqual: (a, b, m) => check(is(a, b), m, a, b), notEqual: (a, b, m) => check(a != b, m, a, b),
    notStrictEqual: (a, b, m) => check(!is(a, b), m, a, b), deepEqual: deep, deepStrictEqual: deep, fail: (m) => check(false, m === undefined ? "Failed" : m), match: (t, r, m) => check(r.test(t), m, t, r), AssertionError, strict: made,
  }), "assert");
};
MODULES.path = () => {
  const join = (...parts) => tidyPath("/" + parts.filter(Boolean).join("/").replace(/\/+/g, "/").replace(/^\//, "")).slice(parts[0] && String(parts[0])[0] === "/" ? 0 : 1);
  return open({ join, resolve: (...parts) => join("/", ...parts), basename: (p, ext = "") => { const b = String(p).replace(/\/+$/, "").split("/").pop(); return ext && b.endsWith(ext) ? b.slice(0, -ext.length) : b; }, dirname: (p) => String(p).replace(/\/[^/]*$/, "") || "/", extname: (p) => (/[^/.](\.[^./]*)$/.exec(String(p)) || ["", ""])[1], sep: "/", delimiter: ":" }, "path");
};

// ---- tokens ----------------------------------------------------------------------------------------------------------
const UNITS = { ms: 1, s: 1000, sec: 1000, second: 1000, m: 60000, min: 60000, minute: 60000, h: 3600000, hr: 3600000, hour: 3600000, d: 86400000, day: 86400000, w: 604800000, week: 604800000, y: 31557600000, year: 31557600000 };
function spanSeconds(span) {
  if (typeof span === "number") return span;
  const m = /^(-?(?:\d+)?\.?\d+) *([a-z]*)$/i.exec(String(span));
  const unit = m && (UNITS[m[2].toLowerCase()] || UNITS[m[2].toLowerCase().replace(/s$/, "")] || (m[2] === "" && 1));
  if (!unit) throw new RealError('"expiresIn" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60');
  return m[1] * unit / 1000;
}
const encodePart = (value) => base64url(utf8(stringify(value)));
const signToken = (text, algorithm, key) => (algorithm === "none" ? "" : base64url(algorithm.startsWith("HS") ? hmac("sha" + algorithm.slice(2), key, text) : opaqueDigest(["sign:" + algorithm, keyBytes(key), text], 256)));
MODULES.jsonwebtoken = () => {
  class JsonWebTokenError extends RealError { constructor(message, inner) { super(message); this.name = "JsonWebTokenError"; if (inner) this.inner = inner; } }
  class TokenExpiredError extends JsonWebTokenError { constructor(message, at) { super(message); this.name = "TokenExpiredError"; this.expiredAt = at; } }
  class NotBeforeError extends JsonWebTokenError { constructor(message, date) { super(message); this.name = "NotBeforeError"; this.date = date; } }
  const reply = (callback, work) => {
    if (!callback) return work();
    let out, failed;
    try { out = work(); } catch (error) { failed = error; }
    schedule(0, () => (failed ? callback(failed) : callback(null, out)));
    return undefined;
  };
  const sign = (payload, key, options, callback) => {
    const [opts, then] = typeof options === "function" ? [{}, options] : [options || {}, callback];
    return reply(then, () => {
      if (!key && opts.algorithm !== "none") throw new RealError("secretOrPrivateKey must have a value");
      const algorithm = opts.algorithm || "HS256";
      const body = typeof payload === "string" || Buffer.isBuffer(payload) ? null : { ...payload };
      if (!body) { const text = encodePart({ alg: algorithm, ...opts.header }) + "." + base64url(typeof payload === "string" ? utf8(payload) : payload); return text + "." + signToken(text, algorithm, key); }
      note("uses:clock");
      const iat = body.iat || floor(run.now / 1000);
      if (opts.noTimestamp) delete body.iat; else body.iat = iat;
      if (opts.notBefore !== undefined) body.nbf = iat + spanSeconds(opts.notBefore);
      if (opts.expiresIn !== undefined) body.exp = floor(iat + spanSeconds(opts.expiresIn));
      for (const [from, to] of [["audience", "aud"], ["issuer", "iss"], ["subject", "sub"], ["jwtid", "jti"]]) {
        if (opts[from] === undefined) continue;
        if (body[to] !== undefined) throw new RealError(`Bad "options.${from}" option. The payload already has an "${to}" property.`);
        body[to] = opts[from];
      }
      const text = encodePart({ alg: algorithm, typ: "JWT", ...(opts.keyid ? { kid: opts.keyid } : {}), ...opts.header }) + "." + encodePart(body);
      return text + "." + signToken(text, algorithm, key);
    });
  };
  const decode = (token, options) => {
    const parts = String(token).split(".");
    try {
      const header = parseJson(fromUtf8(fromBase64(parts[0]))), payload = parseJson(fromUtf8(fromBase64(parts[1])));
      return options && options.complete ? { header, payload, signature: parts[2] } : payload;
    } catch { return null; }
  };
  const verify = (token, key, options, callback) => {
    const [opts, then] = typeof options === "function" ? [{}, options] : [options || {}, callback];
    return reply(then, () => {
      if (!token) throw new JsonWebTokenError("jwt must be provided");
      const all = decode(token, { complete: true });
      if (!all) throw new JsonWebTokenError("jwt malformed");
      const [head, body] = token.split(".");
      if (signToken(head + "." + body, all.header.alg, key) !== all.signature) throw new JsonWebTokenError("invalid signature");
      note("uses:clock");
      if (all.payload.exp && !opts.ignoreExpiration && run.now / 1000 >= all.payload.exp) throw new TokenExpiredError("jwt expired", new RealDate(all.payload.exp * 1000));
      if (opts.audience && ![].concat(all.payload.aud).includes(opts.audience)) throw new JsonWebTokenError(`jwt audience invalid. expected: ${opts.audience}`);
      if (opts.issuer && all.payload.iss !== opts.issuer) throw new JsonWebTokenError(`jwt issuer invalid. expected: ${opts.issuer}`);
      return opts.complete ? all : all.payload;
    });
  };
  return open({ sign, verify, decode, JsonWebTokenError, TokenExpiredError, NotBeforeError }, "jsonwebtoken");
};
MODULES.uuid = () => open({ v4: randomUUID, v1: randomUUID, v7: randomUUID, validate: (t) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(t), NIL: "00000000-0000-0000-0000-000000000000" }, "uuid");
