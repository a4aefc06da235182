// The HTTP clients that Actions use, each failing and answering in its own way.
const jsonOr = (text) => { try { return parseJson(text); } catch { return text; } };
const merge = (base, over) => {
  const out = { ...base };
  for (const key of Object.keys(over || {})) {
    const both = out[key] && over[key] && getPrototypeOf(out[key]) === Object.prototype && getPrototypeOf(over[key]) === Object.prototype;
    out[key] = both ? merge(out[key], over[key]) : over[key];
  }
  return out;
};
const lowerKeys = (headers) => Object.fromEntries(Object.entries(headers || {}).map(([n, v]) => [n.toLowerCase(), v]));
function nodeify(promise, callback) { // calls back out of the promise's own reach, as clients do
  promiseThen(promise, (value) => schedule(0, () => callback(null, value)), (error) => schedule(0, () => callback(error)));
  return promise;
}

// A client that is not a model of its own address check still says so when it is given none.
function wantAddress(text) { if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) askForAddress(text); }

// ---- axios -----------------------------------------------------------------------------------------------------------
class AxiosHeaders {
  constructor(from) { for (const [n, v] of Object.entries(from || {})) this[n] = v; }
  get(name) { const key = Object.keys(this).find((k) => k.toLowerCase() === String(name).toLowerCase()); return key === undefined ? undefined : this[key]; }
  set(name, value) { this[name] = value; return this; }
  has(name) { return this.get(name) !== undefined; }
  delete(name) { return delete this[name]; }
  toJSON() { return { ...this }; }
}
function makeAxios() {
  class AxiosError extends RealError {
    constructor(message, code, config, request, response) {
      super(message);
      this.name = "AxiosError"; this.isAxiosError = true;
      if (code) this.code = code;
      if (config) this.config = config;
      if (request) this.request = request;
      if (response) { this.response = response; this.status = response.status; }
    }
    toJSON() { return { message: this.message, name: this.name, config: this.config, code: this.code, status: this.status || null }; }
    static from(error) { return error; }
  }
  class CanceledError extends AxiosError { constructor(message, config) { super(message === undefined ? "canceled" : message, "ERR_CANCELED", config); this.name = "CanceledError"; this.__CANCEL__ = true; } }
  const failure = (code, config) => {
    const error = code === "TIMEOUT" ? new AxiosError(config.timeoutErrorMessage || `timeout of ${config.timeout}ms exceeded`, "ECONNABORTED", config, { $: "request" }) : new AxiosError(systemError(code).message, code, config, { $: "request" });
    if (code !== "TIMEOUT") Object.assign(error, { errno: -111, syscall: systemError(code).syscall });
    return error;
  };
  const transmit = (path, config) => new RealPromise((resolve, reject) => {
    if (config.signal && config.signal.aborted) { reject(new CanceledError(undefined, config)); return; }
    wantAddress((config.baseURL && !/^[a-z][a-z0-9+.-]*:/i.test(config.url || "") ? config.baseURL : "") + (config.url || ""));
    const answer = outbound(path, [config]);
    const cancel = deliver(answer, (result) => {
      if (result.error) { reject(failure(result.error, config)); return; }
      const data = config.responseType === "stream" ? bodyStream(result.body) : config.responseType === "arraybuffer" ? Buffer.from(result.body) : config.responseType === "text" ? result.body : result.body === "" ? "" : jsonOr(result.body);
      const reading = [].concat(config.transformResponse || []).reduce((value, step) => step(value, result.headers, result.status), data);
      const response = { data: reading, status: result.status, statusText: REASONS[result.status] || "", headers: new AxiosHeaders(result.headers), config, request: { path: config.url, res: {} } };
      const good = config.validateStatus === undefined ? result.status >= 200 && result.status < 300 : !config.validateStatus || config.validateStatus(result.status);
      if (good) resolve(response);
      else reject(new AxiosError(`Request failed with status code ${result.status}`, result.status < 500 ? "ERR_BAD_REQUEST" : "ERR_BAD_RESPONSE", config, response.request, response));
    }, config.timeout);
    onAbort(config.signal, () => { cancel(); reject(new CanceledError(undefined, config)); });
    if (config.cancelToken) config.cancelToken.promise.then((reason) => { cancel(); reject(reason); });
  });
  const build = (path, base) => {
    const before = [], after = [];
    const manager = (list) => ({ use(good, bad) { list.push([good, bad]); return list.length - 1; }, eject(i) { list[i] = [undefined, undefined]; }, clear() { list.length = 0; } });
    const request = (input, more) => {
      const given = typeof input === "string" || input instanceof URL ? { ...more, url: String(input) } : input || {};
      let config = merge(instance.defaults, given);
      config.method = String(config.method || "get").toLowerCase();
      config.headers = new AxiosHeaders(config.headers && { ...config.headers });
      let chain = RealPromise.resolve(config);
      for (const [good, bad] of [...before].reverse()) if (good || bad) chain = chain.then(good, bad);
      chain = chain.then((final) => transmit(path, shownConfig(final, instance.defaults)));
      for (const [good, bad] of after) if (good || bad) chain = chain.then(good, bad);
      return chain;
    };
    const instance = function (input, more) { return request(input, more); };
    instance.defaults = merge({}, base);
    instance.interceptors = { request: manager(before), response: manager(after) };
    instance.request = request;
    for (const verb of ["get", "delete", "head", "options"]) instance[verb] = (url, config) => request({ ...config, method: verb, url });
    for (const verb of ["post", "put", "patch"]) {
      instance[verb] = (url, data, config) => request({ ...config, method: verb, url, data });
      instance[verb + "Form"] = (url, data, config) => request(merge({ headers: { "Content-Type": "multipart/form-data" } }, { ...config, method: verb, url, data }));
    }
    instance.getUri = (config) => { const made = merge(instance.defaults, config); return (made.baseURL || "") + made.url + (made.params ? "?" + new URLSearchParams(made.params) : ""); };
    instance.create = (config) => { record("new", path + ".create", [config]); return build(path, merge(instance.defaults, config)); };
    return instance;
  };
  const shownConfig = (config) => { const out = { ...config, headers: config.headers }; return out; };
  const axios = build("axios", { headers: { common: { Accept: "application/json, text/plain, */*" } }, timeout: 0 });
  class CancelToken { constructor(start) { let stop; this.promise = new RealPromise((r) => { stop = r; }); start((message) => { if (this.reason) return; this.reason = new CanceledError(message); stop(this.reason); }); } static source() { let cancel; const token = new CancelToken((c) => { cancel = c; }); return { token, cancel }; } throwIfRequested() { if (this.reason) throw this.reason; } }
  Object.assign(axios, { AxiosError, CanceledError, Cancel: CanceledError, CancelToken, AxiosHeaders, Axios: function Axios(config) { return axios.create(config); }, isAxiosError: (e) => Boolean(e && e.isAxiosError === true), isCancel: (e) => Boolean(e && e.__CANCEL__), all: (list) => RealPromise.all(list), spread: (f) => (list) => f(...list), toFormData: nothing, VERSION: "1.7.9", HttpStatusCode: { Ok: 200, BadRequest: 400, TooManyRequests: 429 } });
  axios.default = axios;
  return open(axios, "axios");
}
MODULES.axios = makeAxios;

// ---- node-fetch and its like, undici -----------------------------------------------------------------------------------
function makeNodeFetch(name) {
  class FetchError extends RealError { constructor(message, type, cause) { super(message); this.name = "FetchError"; this.type = type; if (cause) { this.code = this.errno = cause.code; } } }
  class AbortError extends RealError { constructor() { super("The user aborted a request."); this.name = "AbortError"; this.type = "aborted"; } }
  const plain = makeFetch(name, (code) => new FetchError(`request to gateway failed, reason: ${code === "TIMEOUT" ? "timeout" : systemError(code).message}`, code === "TIMEOUT" ? "request-timeout" : "system", systemError(code)));
  const made = (url, init) => new RealPromise((resolve, reject) => {
    if (init && init.timeout > 0) schedule(init.timeout, () => reject(new FetchError("network timeout at: " + url, "request-timeout")));
    promiseThen(plain(url, init), resolve, (error) => reject(error && error.name === "AbortError" ? new AbortError() : error));
  });
  return open(Object.assign(made, { default: made, fetch: made, Headers, Request, Response, FetchError, AbortError, FormData, Blob, isRedirect: (s) => s >= 300 && s < 400 }), name);
}
for (const name of ["node-fetch", "cross-fetch", "isomorphic-fetch", "node-fetch-commonjs", "make-fetch-happen"]) MODULES[name] = () => makeNodeFetch(name);
MODULES.undici = () => {
  const request = (url, options) => new RealPromise((resolve, reject) => {
    const opts = options || {};
    const cancel = deliver((wantAddress(String(url)), outbound("undici.request", options === undefined ? [url] : [url, options])), (result) => {
      if (result.error) { reject(result.error === "TIMEOUT" ? Object.assign(new RealError("Headers Timeout Error"), { name: "HeadersTimeoutError", code: "UND_ERR_HEADERS_TIMEOUT" }) : systemError(result.error)); return; }
      const body = responseFrom(result, "");
      resolve({ statusCode: result.status, headers: { ...result.headers }, trailers: {}, opaque: null, body: Object.assign(bodyStream(result.body), { json: () => body.json(), text: () => body.text(), arrayBuffer: () => body.arrayBuffer(), dump: async () => nothing() }) });
    }, opts.headersTimeout || opts.bodyTimeout);
    onAbort(opts.signal, (reason) => { cancel(); reject(reason); });
  });
  return open({ request, fetch: makeFetch("undici.fetch"), Headers, Request, Response, FormData, setGlobalDispatcher: (d) => record("call", "undici.setGlobalDispatcher", [d]) }, "undici");
};

// ---- got -----------------------------------------------------------------------------------------------------------------
function makeGot() {
  class RequestError extends RealError { constructor(message, code, options) { super(message); this.name = "RequestError"; this.code = code; this.options = options; } }
  class HTTPError extends RequestError { constructor(response, options) { super(`Response code ${response.statusCode} (${REASONS[response.statusCode] || ""})`, "ERR_NON_2XX_3XX_RESPONSE", options); this.name = "HTTPError"; this.response = response; } }
  class TimeoutError extends RequestError { constructor(options) { super("Timeout awaiting 'request'", "ETIMEDOUT", options); this.name = "TimeoutError"; } }
  class CancelError extends RequestError { constructor(options) { super("Promise was canceled", "ERR_CANCELED", options); this.name = "CancelError"; } get isCanceled() { return true; } }
  class ParseError extends RequestError { constructor(message, options) { super(message, "ERR_BODY_PARSE_FAILURE", options); this.name = "ParseError"; } }
  const parsed = (text, kind, options) => { if (kind !== "json") return kind === "buffer" ? Buffer.from(text) : text; if (text === "") return ""; try { return parseJson(text); } catch (error) { throw new ParseError(error.message, options); } };
  const send = (url, options) => {
    wantAddress((options.prefixUrl || "") + String(url));
    const timeout = typeof options.timeout === "number" ? options.timeout : options.timeout && (options.timeout.request || options.timeout.response);
    let drop;
    const bare = new RealPromise((resolve, reject) => {
      drop = deliver(outbound("got", [url, options]), (result) => {
        if (result.error) { reject(result.error === "TIMEOUT" ? new TimeoutError(options) : new RequestError(systemError(result.error).message, result.error, options)); return; }
        const response = { statusCode: result.status, statusMessage: REASONS[result.status] || "", headers: { ...result.headers }, rawBody: Buffer.from(result.body), body: result.body, ok: result.status < 300, url: String(url), retryCount: 0 };
        if (options.throwHttpErrors === false || result.status < 400) resolve(response); else { try { response.body = parsed(result.body, options.responseType, options); } catch { /* stays text */ } reject(new HTTPError(response, options)); }
      }, timeout);
      onAbort(options.signal, (reason) => { drop(); reject(reason); });
    });
    const promise = bare.then((response) => { const body = parsed(response.body, options.responseType, options); return options.resolveBodyOnly ? body : { ...response, body }; });
    promiseThen(promise, nothing, nothing);
    const as = (kind) => () => bare.then((response) => parsed(response.body, kind, options));
    return Object.assign(promise, { json: as("json"), text: as("text"), buffer: as("buffer"), cancel() { drop(); }, on() { return promise; } });
  };
  const build = (base) => {
    const got = (url, options) => (typeof url === "string" || url instanceof URL ? send(url, merge(base, options)) : send(url.url, merge(base, url)));
    for (const verb of ["get", "post", "put", "patch", "delete", "head"]) got[verb] = (url, options) => got(url, { ...options, method: verb.toUpperCase() });
    got.extend = (...more) => { record("new", "got.extend", more); return open(build(more.reduce((all, one) => merge(all, one && one.defaults ? one.defaults.options : one), base)), "got"); };
    Object.assign(got, { defaults: { options: base }, RequestError, HTTPError, TimeoutError, CancelError, ParseError });
    got.default = got; got.got = got;
    return got;
  };
  return open(build({}), "got");
}
MODULES.got = makeGot;

// ---- request, request-promise ---------------------------------------------------------------------------------------------
function makeRequest(name, promised) {
  class StatusCodeError extends RealError { constructor(code, body, options, response) { super(`${code} - ${typeof body === "string" ? body : stringify(body)}`); Object.assign(this, { name: "StatusCodeError", statusCode: code, error: body, options, response }); } }
  class RequestError extends RealError { constructor(cause, options) { super(String(cause)); Object.assign(this, { name: "RequestError", cause, error: cause, options }); } }
  const build = (base) => {
    const start = (input, more, callback) => {
      const given = typeof input === "string" || input instanceof URL ? { ...(typeof more === "object" ? more : {}), uri: String(input) } : { ...input };
      const then = [input, more, callback].find((x) => typeof x === "function") || given.callback;
      const options = merge(base, given);
      wantAddress((options.baseUrl || "") + String(options.uri || options.url || ""));
      const emitter = new EventEmitter();
      const promise = new RealPromise((resolve, reject) => {
        deliver(outbound(name, [options]), (result) => {
          if (result.error) {
            const error = result.error === "TIMEOUT" ? Object.assign(new RealError("ETIMEDOUT"), { code: "ETIMEDOUT", connect: false }) : systemError(result.error);
            if (then) guarded(() => then(error)); else if (!promised) guarded(() => emitter.emit("error", error));
            reject(new RequestError(error, options));
            return;
          }
          const body = options.json ? jsonOr(result.body) : options.encoding === null ? Buffer.from(result.body) : result.body;
          const response = { statusCode: result.status, statusMessage: REASONS[result.status] || "", headers: { ...result.headers }, body, request: {}, toJSON: () => ({ statusCode: result.status, body, headers: result.headers }) };
          if (then) guarded(() => then(null, response, body));
          else if (!promised) guarded(() => { emitter.emit("response", response); if (emitter.listenerCount("data")) emitter.emit("data", Buffer.from(result.body)); emitter.emit("end"); emitter.emit("complete", response, body); });
          if (options.simple === false || result.status < 300) resolve(options.resolveWithFullResponse ? response : body); else reject(new StatusCodeError(result.status, body, options, response));
        }, options.timeout);
      });
      promiseThen(promise, nothing, nothing);
      Object.assign(emitter, { write: nothing, end: nothing, abort: nothing, pipe: (t) => t, setHeader: nothing, form: () => open({}, name + ".form") });
      if (promised) Object.assign(emitter, { then: (a, b) => promiseThen(promise, a, b), catch: (b) => promise.catch(b), finally: (f) => promise.finally(f), promise: () => promise });
      return emitter;
    };
    const made = (...args) => start(...args);
    for (const verb of ["get", "post", "put", "patch", "delete", "del", "head"]) {
      made[verb] = (input, more, callback) => { const method = verb === "del" ? "DELETE" : verb.toUpperCase(); return typeof input === "string" || input instanceof URL ? start(input, typeof more === "function" || more === undefined ? { method } : { ...more, method }, typeof more === "function" ? more : callback) : start({ ...input, method }, more, callback); };
    }
    made.defaults = (more) => { record("new", name + ".defaults", [more]); return build(merge(base, more)); };
    made.jar = () => ({ $: "jar" });
    return open(made, name);
  };
  return build({});
}
MODULES.request = () => makeRequest("request", false);
for (const name of ["request-promise", "request-promise-native", "request-promise-any"]) MODULES[name] = () => makeRequest(name, true);

// ---- superagent -------------------------------------------------------------------------------------------------------------
MODULES.superagent = () => {
  const begin = (method, url, data) => {
    const spec = { method: method.toUpperCase(), url, headers: {}, query: [], body: [].concat(data === undefined ? [] : [data]) };
    let promise = null, wait = 0, good = (r) => r.status >= 200 && r.status < 300;
    const go = () => promise || (promise = new RealPromise((resolve, reject) => deliver((wantAddress(String(url)), outbound("superagent", [spec])), (result) => {
      if (result.error) { reject(result.error === "TIMEOUT" ? Object.assign(new RealError(`Timeout of ${wait}ms exceeded`), { timeout: wait, code: "ECONNABORTED", errno: "ETIME" }) : systemError(result.error)); return; }
      const body = jsonOr(result.body);
      const response = { status: result.status, statusCode: result.status, statusType: floor(result.status / 100), ok: result.status < 300, error: result.status >= 400, headers: { ...result.headers }, header: { ...result.headers }, text: result.body, body: typeof body === "object" && body !== null ? body : {}, type: "application/json" };
      if (good(response)) resolve(response); else reject(Object.assign(new RealError(REASONS[result.status] || "error"), { status: result.status, response }));
    }, wait)));
    const chain = {
      set(name, value) { Object.assign(spec.headers, typeof name === "string" ? { [name]: value } : name); return chain; }, query(q) { spec.query.push(q); return chain; }, send(body) { spec.body.push(body); return chain; },
      type(t) { spec.type = t; return chain; }, accept(t) { spec.accept = t; return chain; }, auth(...a) { spec.auth = a; return chain; }, field(...a) { spec.body.push(a); return chain; }, timeout(t) { wait = typeof t === "number" ? t : t.response || t.deadline || 0; spec.timeout = t; return chain; },
      retry(n) { spec.retry = n; return chain; }, ok(test) { good = test; return chain; }, on() { return chain; }, redirects() { return chain; }, buffer() { return chain; }, parse() { return chain; },
      end(callback) { promiseThen(go(), (r) => schedule(0, () => callback(null, r)), (e) => schedule(0, () => callback(e, e.response))); return chain; }, then: (a, b) => promiseThen(go(), a, b), catch: (b) => promiseThen(go(), undefined, b), finally: (f) => go().finally(f),
    };
    return describe(chain, () => ({ $: "superagent request" }));
  };
  const made = (method, url) => (url === undefined ? begin("get", method) : begin(method, url));
  for (const verb of ["get", "post", "put", "patch", "delete", "del", "head"]) made[verb] = (url, data) => begin(verb === "del" ? "delete" : verb, url, data);
  return open(made, "superagent");
};

// ---- http, https ----------------------------------------------------------------------------------------------------------
function makeHttp(name) {
  const start = (input, more, callback) => {
    const given = typeof input === "string" || input instanceof URL ? [String(input)] : [];
    const options = { ...(given.length ? (typeof more === "object" && more ? more : {}) : input) };
    const then = [input, more, callback].find((x) => typeof x === "function" && !known.has(x));
    const chunks = [], headers = { ...options.headers };
    const request = new EventEmitter();
    let sent = false, cancel = nothing, closed = false;
    const fail = (error) => { if (closed) return; closed = true; cancel(); guarded(() => { request.emit("error", error); }); guarded(() => request.emit("close")); };
    const idle = (wait, listener) => { if (listener) request.once("timeout", listener); if (wait > 0) schedule(wait, () => { if (!closed) guarded(() => request.emit("timeout")); }); return request; };
    const transmit = () => {
      if (sent) return;
      sent = true;
      const body = fromUtf8(Buffer.concat(chunks));
      cancel = deliver(outbound(name, [...given, { ...options, headers }, body]), (result) => {
        if (closed) return;
        if (result.error) { fail(systemError(result.error)); return; }
        closed = true;
        const response = new EventEmitter();
        Object.assign(response, { statusCode: result.status, statusMessage: REASONS[result.status] || "", headers: { ...result.headers }, complete: true, httpVersion: "1.1", setEncoding(e) { response.encoding = e; return response; }, resume() { flow(); return response; }, pipe: (t) => t, destroy: nothing, async* [Symbol.asyncIterator]() { yield Buffer.from(result.body); } });
        let flowing = false;
        const flow = () => { if (flowing) return; flowing = true; schedule(0, () => { if (result.body !== "") response.emit("data", response.encoding ? result.body : Buffer.from(result.body)); schedule(0, () => { response.emit("end"); response.emit("close"); }); }); };
        const on = response.on.bind(response);
        response.on = (event, listener) => { on(event, listener); if (event === "data") flow(); return response; };
        describe(response, () => ({ $: "IncomingMessage" }));
        guarded(() => request.emit("response", response));
      });
    };
    Object.assign(request, {
      write(chunk, encoding) { chunks.push(typeof chunk === "string" ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8") : Buffer.from(chunk)); return true; },
      end(chunk, ...rest) { if (chunk !== undefined && chunk !== null && typeof chunk !== "function") request.write(chunk, rest[0]); transmit(); return request; },
      setHeader(n, v) { headers[n] = v; return request; }, getHeader: (n) => headers[n], removeHeader(n) { delete headers[n]; }, flushHeaders: nothing, setNoDelay: nothing, setSocketKeepAlive: nothing,
      abort() { fail(systemError("ECONNRESET")); }, destroy(error) { fail(error || systemError("ECONNRESET")); return request; }, setTimeout: idle,
    });
    if (then) request.once("response", then);
    if (options.timeout) idle(options.timeout);
    onAbort(options.signal, () => fail(Object.assign(new RealError("The operation was aborted"), { name: "AbortError", code: "ABORT_ERR" })));
    return describe(request, () => ({ $: "ClientRequest" }));
  };
  class Agent { constructor(options) { this.options = options; record("new", name + ".Agent", [options]); describe(this, () => ({ $: "Agent", options })); } destroy() {} }
  return open({ request: (...args) => start(...args), get(...args) { const made = start(...args); made.end(); return made; }, Agent, globalAgent: {}, STATUS_CODES: REASONS, METHODS: ["GET", "POST"] }, name);
}
MODULES.https = () => makeHttp("https");
MODULES.http = () => makeHttp("http");
MODULES["form-data"] = () => class FormDataPackage {
  constructor() { hidden.set(this, []); describe(this, () => ({ $form: hidden.get(this) })); }
  append(name, value, options) { hidden.get(this).push(options === undefined ? [name, value] : [name, value, options]); }
  getHeaders(more) { return { "content-type": "multipart/form-data; boundary=form-data", ...more }; }
  getBoundary() { return "form-data"; }
  getBuffer() { return Buffer.from(encode(hidden.get(this), [])); }
  getLengthSync() { return this.getBuffer().length; }
  pipe(target) { target.write(this.getBuffer()); target.end(); return target; }
};
