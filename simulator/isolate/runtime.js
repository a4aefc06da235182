'use strict';
// The host of one Action: modules, timers, fetch and crypto of Node.js as far as phone Actions use them.
// Time is virtual: timers and answers of the network advance it, code does not. Requests wait in a queue until the
// simulator answers them.
const __host = (() => {
  const state = { now: 0, timers: [], nextTimer: 1, requests: [], nextRequest: 1, waiting: new Map(), logs: [] };
  const EPOCH = __EPOCH_MS__;

  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) { if (args.length) super(...args); else super(EPOCH + state.now); }
    static now() { return EPOCH + state.now; }
  };

  const setTimer = (fn, ms, args, every) => {
    const id = state.nextTimer++;
    const wait = Math.max(1, Number(ms) || 0);
    state.timers.push({ id, at: state.now + wait, fn, args, every: every ? wait : 0 });
    return Object.assign(Object.create({ ref() { return this; }, unref() { return this; } }), { id, [Symbol.toPrimitive]() { return id; } });
  };
  const clearTimer = (timer) => {
    const id = timer && typeof timer === 'object' ? timer.id : timer;
    state.timers = state.timers.filter((item) => item.id !== id);
  };
  globalThis.setTimeout = (fn, ms, ...args) => setTimer(fn, ms, args, false);
  globalThis.setInterval = (fn, ms, ...args) => setTimer(fn, ms, args, true);
  globalThis.setImmediate = (fn, ...args) => setTimer(fn, 0, args, false);
  globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = clearTimer;
  globalThis.queueMicrotask = (fn) => { Promise.resolve().then(fn); };
  const log = (...args) => { state.logs.push(args.map(String).join(' ')); };
  globalThis.console = { log, info: log, warn: log, error: log, debug: log, trace: log };
  globalThis.process = { env: {}, version: 'v22.0.0', versions: { node: '22.0.0' }, nextTick: (fn, ...a) => queueMicrotask(() => fn(...a)) };
  globalThis.global = globalThis;

  // Text and bytes.
  const utf8 = (text) => {
    const out = [];
    for (const char of String(text)) {
      const c = char.codePointAt(0);
      if (c < 0x80) out.push(c);
      else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
      else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
      else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    }
    return out;
  };
  const fromUtf8 = (bytes) => {
    let text = '';
    for (let i = 0; i < bytes.length;) {
      const b = bytes[i++];
      let c = b;
      if (b >= 0xf0) c = ((b & 7) << 18) | ((bytes[i++] & 63) << 12) | ((bytes[i++] & 63) << 6) | (bytes[i++] & 63);
      else if (b >= 0xe0) c = ((b & 15) << 12) | ((bytes[i++] & 63) << 6) | (bytes[i++] & 63);
      else if (b >= 0xc0) c = ((b & 31) << 6) | (bytes[i++] & 63);
      text += String.fromCodePoint(c);
    }
    return text;
  };
  const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const toBase64 = (bytes) => {
    let out = '';
    for (let i = 0; i < bytes.length; i += 3) {
      const n = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
      out += B64[n >> 18] + B64[(n >> 12) & 63];
      out += i + 1 < bytes.length ? B64[(n >> 6) & 63] : '=';
      out += i + 2 < bytes.length ? B64[n & 63] : '=';
    }
    return out;
  };
  const fromBase64 = (text) => {
    const out = [];
    let bits = 0;
    let held = 0;
    for (const char of String(text).replace(/-/g, '+').replace(/_/g, '/')) {
      const value = B64.indexOf(char);
      if (value < 0) continue;
      held = (held << 6) | value;
      bits += 6;
      if (bits >= 8) { bits -= 8; out.push((held >> bits) & 255); }
    }
    return out;
  };
  class Buffer extends Uint8Array {
    static from(value, encoding) {
      let bytes;
      if (typeof value === 'string') {
        if (encoding === 'base64' || encoding === 'base64url') bytes = fromBase64(value);
        else if (encoding === 'hex') bytes = (value.match(/../g) || []).map((pair) => parseInt(pair, 16));
        else if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') bytes = [...value].map((c) => c.charCodeAt(0) & 255);
        else bytes = utf8(value);
      } else bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : Array.from(value);
      const made = new Buffer(bytes.length);
      made.set(bytes);
      return made;
    }
    static alloc(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static byteLength(text) { return utf8(text).length; }
    static concat(parts) { return Buffer.from(parts.flatMap((part) => Array.from(part))); }
    toString(encoding) {
      if (encoding === 'base64') return toBase64(this);
      if (encoding === 'base64url') return toBase64(this).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
      if (encoding === 'hex') return Array.from(this, (b) => b.toString(16).padStart(2, '0')).join('');
      if (encoding === 'latin1' || encoding === 'binary') return String.fromCharCode(...this);
      return fromUtf8(this);
    }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
  }
  globalThis.Buffer = Buffer;
  globalThis.btoa = (text) => Buffer.from(text, 'latin1').toString('base64');
  globalThis.atob = (text) => Buffer.from(text, 'base64').toString('latin1');
  globalThis.TextEncoder = class { encode(text) { return Uint8Array.from(utf8(text)); } };
  globalThis.TextDecoder = class { decode(bytes) { return fromUtf8(bytes); } };
  globalThis.structuredClone = (value) => JSON.parse(JSON.stringify(value));

  // Addresses.
  const encodeForm = (text) => encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
  const decodeForm = (text) => decodeURIComponent(text.replace(/\+/g, ' '));
  class URLSearchParams {
    constructor(init) {
      this.list = [];
      if (typeof init === 'string') {
        for (const pair of init.replace(/^\?/, '').split('&')) {
          if (!pair) continue;
          const cut = pair.indexOf('=');
          this.list.push(cut < 0 ? [decodeForm(pair), ''] : [decodeForm(pair.slice(0, cut)), decodeForm(pair.slice(cut + 1))]);
        }
      } else if (init && typeof init[Symbol.iterator] === 'function') for (const [k, v] of init) this.append(k, v);
      else for (const key of Object.keys(init || {})) this.append(key, init[key]);
    }
    append(key, value) { this.list.push([String(key), String(value)]); }
    set(key, value) { this.delete(key); this.append(key, value); }
    get(key) { const hit = this.list.find(([k]) => k === key); return hit ? hit[1] : null; }
    getAll(key) { return this.list.filter(([k]) => k === key).map(([, v]) => v); }
    has(key) { return this.list.some(([k]) => k === key); }
    delete(key) { this.list = this.list.filter(([k]) => k !== key); }
    forEach(fn) { for (const [k, v] of this.list) fn(v, k, this); }
    entries() { return this.list[Symbol.iterator](); }
    keys() { return this.list.map(([k]) => k)[Symbol.iterator](); }
    values() { return this.list.map(([, v]) => v)[Symbol.iterator](); }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.list.map(([k, v]) => `${encodeForm(k)}=${encodeForm(v)}`).join('&'); }
  }
  globalThis.URLSearchParams = URLSearchParams;
  globalThis.URL = class URL {
    constructor(text, base) {
      let whole = String(text);
      if (!/^[a-z][a-z0-9+.-]*:/i.test(whole)) {
        if (base === undefined) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: whole });
        const from = new globalThis.URL(base);
        whole = whole.startsWith('/') ? from.origin + whole : from.origin + from.pathname.replace(/[^/]*$/, '') + whole;
      }
      const match = /^([a-z][a-z0-9+.-]*:)\/\/(?:([^@/?#]*)@)?([^/?#:]+)(?::(\d+))?([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(whole);
      if (!match) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: whole });
      const [, protocol, user = '', hostname, port = '', pathname, search = '', hash = ''] = match;
      this.protocol = protocol.toLowerCase();
      [this.username = '', this.password = ''] = user.split(':').map(decodeURIComponent);
      this.hostname = hostname.toLowerCase();
      this.port = (this.protocol === 'https:' && port === '443') || (this.protocol === 'http:' && port === '80') ? '' : port;
      this.pathname = pathname || '/';
      this.hash = hash;
      this.searchParams = new URLSearchParams(search);
    }
    get host() { return this.hostname + (this.port ? `:${this.port}` : ''); }
    get origin() { return `${this.protocol}//${this.host}`; }
    get search() { const text = this.searchParams.toString(); return text ? `?${text}` : ''; }
    set search(text) { this.searchParams = new URLSearchParams(text); }
    get href() { return this.origin + this.pathname + this.search + this.hash; }
    toString() { return this.href; }
    toJSON() { return this.href; }
  };

  // Cancelling.
  class EventTarget {
    constructor() { this.handlers = []; }
    addEventListener(_type, fn) { this.handlers.push(fn); }
    removeEventListener(_type, fn) { this.handlers = this.handlers.filter((item) => item !== fn); }
  }
  class AbortSignal extends EventTarget {
    constructor() { super(); this.aborted = false; this.reason = undefined; this.onabort = null; }
    fire(reason) {
      if (this.aborted) return;
      this.aborted = true;
      this.reason = reason === undefined ? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' }) : reason;
      if (this.onabort) this.onabort();
      for (const fn of this.handlers) fn();
    }
    throwIfAborted() { if (this.aborted) throw this.reason; }
    static timeout(ms) {
      const signal = new AbortSignal();
      setTimer(() => signal.fire(Object.assign(new Error('The operation was aborted due to timeout'), { name: 'TimeoutError' })), ms, []);
      return signal;
    }
    static any(signals) {
      const signal = new AbortSignal();
      for (const one of signals) one.addEventListener('abort', () => signal.fire(one.reason));
      return signal;
    }
  }
  globalThis.AbortSignal = AbortSignal;
  globalThis.AbortController = class { constructor() { this.signal = new AbortSignal(); } abort(reason) { this.signal.fire(reason); } };

  // The network.
  class Headers {
    constructor(init) {
      this.map = {};
      const pairs = init instanceof Headers ? Object.entries(init.map) : init && typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init || {});
      for (const [key, value] of pairs) if (value !== undefined && value !== null) this.map[String(key).toLowerCase()] = String(value);
    }
    get(key) { const value = this.map[String(key).toLowerCase()]; return value === undefined ? null : value; }
    set(key, value) { this.map[String(key).toLowerCase()] = String(value); }
    append(key, value) { this.set(key, value); }
    has(key) { return String(key).toLowerCase() in this.map; }
    delete(key) { delete this.map[String(key).toLowerCase()]; }
    forEach(fn) { for (const [k, v] of Object.entries(this.map)) fn(v, k, this); }
    entries() { return Object.entries(this.map)[Symbol.iterator](); }
    [Symbol.iterator]() { return this.entries(); }
  }
  globalThis.Headers = Headers;
  const send = (method, url, headers, body, signal) => new Promise((resolve, reject) => {
    if (signal && signal.aborted) { reject(signal.reason); return; }
    const id = state.nextRequest++;
    state.waiting.set(id, { resolve, reject });
    if (signal) signal.addEventListener('abort', () => { if (state.waiting.delete(id)) reject(signal.reason); });
    state.requests.push({ id, method, url: String(url), headers: new Headers(headers).map, body: body === undefined || body === null ? '' : String(body), at: state.now });
  });
  class Response {
    constructor(body, { status = 200, headers = {}, url = '' } = {}) {
      this.text_ = body === undefined || body === null ? '' : String(body);
      Object.assign(this, { status, url, ok: status >= 200 && status < 300, statusText: '', headers: new Headers(headers), redirected: false });
    }
    async text() { return this.text_; }
    async json() { return JSON.parse(this.text_); }
    async arrayBuffer() { return Uint8Array.from(utf8(this.text_)).buffer; }
    clone() { return this; }
  }
  globalThis.Response = Response;
  globalThis.Request = class Request { constructor(url, init = {}) { Object.assign(this, { method: 'GET', headers: {} }, init, { url: String(url) }); } };
  globalThis.fetch = async (target, init = {}) => {
    const base = target && target.url ? target : {};
    const url = target && target.url ? target.url : target;
    new globalThis.URL(url);
    const headers = new Headers(init.headers || base.headers);
    let body = init.body === undefined ? base.body : init.body;
    if (body instanceof URLSearchParams && !headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
    if (body instanceof Uint8Array) body = fromUtf8(body);
    const answer = await send(String(init.method || base.method || 'GET').toUpperCase(), url, headers, body, init.signal || base.signal);
    return new Response(answer.body, { status: answer.status, headers: answer.headers, url: String(url) });
  };

  return { state, EPOCH, send, Headers, Buffer, utf8, fromUtf8, EventTarget, setTimer };
})();
