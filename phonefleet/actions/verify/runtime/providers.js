// Twilio and AWS as Actions call them; other vendors' packages are served by the recorder.
const STATUS_WORDS = { 400: "BadRequestException", 401: "UnauthorizedException", 403: "AuthorizationErrorException", 429: "ThrottlingException", 500: "InternalErrorException" };
const answerBody = (result) => { const body = jsonOr(result.body); return typeof body === "object" && body !== null ? body : {}; };

// ---- twilio ----------------------------------------------------------------------------------------------------------
class RestException extends RealError {
  constructor(result) {
    const body = answerBody(result);
    super(body.message || "[HTTP " + result.status + "] Failed to execute request");
    Object.assign(this, { status: result.status, code: body.code, moreInfo: body.more_info, details: body.details });
  }
}
const NEEDS = { "messages.create": ["to"], "calls.create": ["to", "from"] };
const FINAL_STATUS = { calls: "completed", verifications: "approved" };
const SID = { messages: "SM", calls: "CA", verifications: "VE" };
function twilioCall(path, name, args) {
  const callback = typeof args[args.length - 1] === "function" ? args[args.length - 1] : undefined;
  const params = typeof args[0] === "object" && args[0] !== null ? args[0] : {};
  const resource = path.split(".").pop().replace(/\(.*$/, "");
  const needs = NEEDS[`${resource}.${name}`];
  if (needs) {
    if (args[0] === undefined || args[0] === null) throw new RealError('Required parameter "params" missing.');
    for (const key of needs) if (params[key] === null || params[key] === undefined) throw new RealError(`Required parameter "params['${key}']" missing.`);
  }
  const promise = new RealPromise((resolve, reject) => deliver(outbound(`${path}.${name}`, args.filter((a) => a !== callback)), (result) => {
    if (result.error) return reject(systemError(result.error));
    if (result.status >= 400) return reject(new RestException(result));
    const id = hex(opaqueDigest([path, String(run.sent)], 16));
    return resolve({ sid: (SID[resource] || "XX") + id, accountSid: "AC" + id, status: answerBody(result).status === "failed" ? "failed" : name === "fetch" ? FINAL_STATUS[resource] || "delivered" : resource === "verifications" ? "pending" : "queued", to: params.to, from: params.from, body: params.body, errorCode: null, errorMessage: null, numSegments: "1", valid: false, direction: "outbound-api", dateCreated: new RealDate(run.now), toJSON() { return { sid: this.sid, status: this.status, to: this.to }; } });
  }));
  return callback ? nodeify(promise, callback) : promise;
}
const TERMINAL = /^(create|fetch|update|remove|list|each|page)$/;
function twilioNode(path) {
  const children = new RealMap();
  const proxy = new Proxy(function () {}, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then" || key === "toJSON") return undefined;
      if (key === "toString") return () => `«${path}»`;
      if (!children.has(key)) children.set(key, TERMINAL.test(key) ? (...args) => twilioCall(path, key, args) : twilioNode(`${path}.${key}`));
      return children.get(key);
    },
    set(_, key, value) { record("set", `${path}.${String(key)}`, [value]); children.set(key, value); return true; },
    apply(_, self, args) { return twilioNode(`${path}(${encodeAll(args).slice(1, -1)})`); },
  });
  return describe(proxy, () => ({ $ref: path }));
}
const xmlText = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
function xmlNode(name, attributes, text) {
  const parts = text === undefined || text === null ? [] : [xmlText(text)];
  const shown = Object.entries(attributes || {}).filter(([, v]) => v !== undefined && v !== null).map(([k, v]) => ` ${k}="${xmlText(v).replace(/"/g, "&quot;")}"`).join("");
  const write = () => `<${name}${shown}${parts.length ? ">" + parts.map((p) => (typeof p === "string" ? p : p())).join("") + `</${name}>` : "/>"}`;
  const proxy = new Proxy({}, {
    get(_, key) {
      if (key === "toString" || key === "toJSON" || key === Symbol.toPrimitive) return () => (name === "Response" ? '<?xml version="1.0" encoding="UTF-8"?>' : "") + write();
      if (typeof key === "symbol" || key === "then") return undefined;
      if (key === "addText") return (more) => { parts.push(xmlText(more)); };
      return (...args) => {
        const [attrs, inner] = typeof args[0] === "object" && args[0] !== null ? args : [args[1], args[0]];
        const [child, writeChild] = xmlNode(key[0].toUpperCase() + key.slice(1), attrs, inner);
        parts.push(writeChild);
        return child;
      };
    },
  });
  return [describe(proxy, () => ({ $xml: write() })), write];
}
MODULES.twilio = () => {
  const make = (...args) => {
    record("new", "twilio", args);
    if (!args[0]) throw new RealError("username is required");
    if (!args[1]) throw new RealError("password is required");
    const account = (args[2] && args[2].accountSid) || args[0];
    if (typeof account === "string" && !account.startsWith("AC")) {
      note("asks account:" + account.slice(0, 200));
      throw new RealError("accountSid must start with AC");
    }
    return twilioNode("twilio.client");
  };
  function twilio(...args) { return make(...args); }
  function Twilio(...args) { return make(...args); }
  function VoiceResponse() { return xmlNode("Response")[0]; }
  function MessagingResponse() { return xmlNode("Response")[0]; }
  return open(Object.assign(twilio, { Twilio, twiml: { VoiceResponse, MessagingResponse }, RestException, validateRequest: () => true }), "twilio");
};

// ---- AWS SDK v2 --------------------------------------------------------------------------------------------------------
function awsFailure(result) {
  if (result.error) return Object.assign(systemError(result.error), { code: "NetworkingError", retryable: true, time: new RealDate(run.now) });
  const code = STATUS_WORDS[result.status] || "UnknownError";
  return Object.assign(new RealError(answerBody(result).message || code), { code, name: code, statusCode: result.status, retryable: result.status === 429 || result.status >= 500, requestId: "request", time: new RealDate(run.now) });
}
// Other answers of a service are opaque; an address that Pinpoint looks up was delivered to.
const awsSuccess = (path) => {
  const id = hex(opaqueDigest(["aws", String(run.sent)], 16));
  const served = { DeliveryStatus: "SUCCESSFUL", StatusCode: 200, StatusMessage: "sent", MessageId: id };
  const Result = new Proxy({}, { get: (_, key) => (typeof key === "symbol" || key === "toJSON" || key === "then" ? undefined : served) });
  return open({ MessageId: id, ResponseMetadata: { RequestId: id }, MessageResponse: { ApplicationId: "app", RequestId: id, Result }, $metadata: { httpStatusCode: 200, requestId: "request", attempts: 1 }, FunctionError: undefined, Failed: undefined, isOptedOut: false, NextToken: undefined }, `answer of ${path}`);
};
function awsRequest(path, args) {
  const callback = args.find((a) => typeof a === "function");
  const given = args.filter((a) => a !== callback);
  let promise = null;
  const go = () => promise || (promise = new RealPromise((resolve, reject) => deliver(outbound(path, given), (result) => (result.error || result.status >= 400 ? reject(awsFailure(result)) : resolve(awsSuccess(path))))));
  const tell = (then) => { promiseThen(go(), (data) => schedule(0, () => apply(then, made, [null, data])), (error) => schedule(0, () => apply(then, made, [error, null]))); };
  const made = { promise: () => go(), send(then) { if (then) tell(then); else promiseThen(go(), nothing, nothing); }, abort: nothing, on(event, listener) { if (event === "success" || event === "complete") heard.push([event, listener]); if (event === "error") heard.push([event, listener]); return made; } };
  const heard = [];
  const send = made.send;
  made.send = (then) => { send(then); if (heard.length) promiseThen(go(), (data) => heard.forEach(([e, l]) => e !== "error" && guarded(() => l({ data, error: null }))), (error) => heard.forEach(([e, l]) => e !== "success" && guarded(() => (e === "error" ? l(error) : l({ data: null, error }))))); };
  if (callback) tell(callback);
  return describe(made, () => ({ $: "AWS.Request" }));
}
function awsService(name) {
  function Service(config) {
    record("new", name, config === undefined ? [] : [config]);
    const own = new RealMap([["config", { ...config, update(more) { record("set", name + ".config", [more]); } }]]);
    return describe(new Proxy({}, {
      get(_, key) {
        if (typeof key === "symbol" || key === "then" || key === "toJSON") return undefined;
        if (!own.has(key)) own.set(key, (...args) => awsRequest(`${name}.${key}`, args));
        return own.get(key);
      },
      set(_, key, value) { record("set", `${name}.${String(key)}`, [value]); own.set(key, value); return true; },
    }), () => ({ $ref: name }));
  }
  return Service;
}
MODULES["aws-sdk"] = () => {
  const children = new RealMap();
  const plainClass = (name) => function (...args) { record("new", name, args); return describe({ $args: args, get: (f) => f && f(), refresh: (f) => f && f() }, () => ({ $class: name, args })); };
  const config = new Proxy({}, {
    get: (target, key) => (key === "update" ? (more) => { record("set", "AWS.config", [more]); Object.assign(target, more); } : key === "loadFromPath" ? () => unsupported("AWS.config.loadFromPath") : target[key]),
    set(target, key, value) { record("set", `AWS.config.${String(key)}`, [value]); target[key] = value; return true; },
  });
  return new Proxy({}, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then" || key === "__esModule") return undefined;
      if (key === "default") return MODULES_CACHE_GET("aws-sdk");
      if (key === "config") return config;
      if (!children.has(key)) children.set(key, /Credentials$|^Config$|^Endpoint$|^HttpOptions$/.test(key) ? plainClass("AWS." + key) : awsService("AWS." + key));
      return children.get(key);
    },
  });
};
const MODULES_CACHE_GET = (name) => moduleCache.get(name);

// ---- packages that call back what they are given, again and again ----------------------------------------------------------
function repeating({ retries = 10, minTimeout = 1000, maxTimeout = Infinity, factor = 2, onFailedAttempt = nothing, onRetry = nothing, shouldRetry = () => true } = {}, attempt) {
  const pause = (n) => new RealPromise((resolve) => schedule(Math.min(minTimeout * factor ** (n - 1), maxTimeout), resolve));
  return (async () => {
    for (let n = 1; ; n++) {
      try { return await attempt(n); } catch (error) {
        if (error instanceof Final) throw error.inner;
        if (n > retries || !(await shouldRetry(error))) throw error;
        await onFailedAttempt(error);
        onRetry(error, n);
        await pause(n);
      }
    }
  })();
}
class Final extends RealError { constructor(inner) { super(); this.inner = inner instanceof RealError ? inner : new RealError(inner); } }
MODULES["p-retry"] = () => { const made = (attempt, options) => repeating(options, attempt); return Object.assign(made, { default: made, AbortError: Final }); };
MODULES["async-retry"] = () => { const made = (attempt, options) => { let out; return repeating({ ...options, shouldRetry: () => !out }, async (n) => { const value = await attempt((error) => { out = error || new RealError("Aborted"); }, n).catch((error) => { throw out ? new Final(out) : error; }); if (out) throw new Final(out); return value; }); }; return Object.assign(made, { default: made }); };
MODULES["promise-retry"] = () => (...args) => { const [attempt, options] = typeof args[0] === "function" ? args : [args[1], args[0]]; return repeating(options, async (n) => { try { return await attempt((error) => { throw Object.assign(new RealError("again"), { again: error }); }, n); } catch (error) { if (error && "again" in error) throw error.again; throw new Final(error); } }); };
MODULES["axios-retry"] = () => {
  const isNetworkError = (error) => !error.response && Boolean(error.code) && error.code !== "ECONNABORTED";
  const isRetryableError = (error) => error.code !== "ECONNABORTED" && (!error.response || error.response.status === 429 || error.response.status >= 500);
  const isIdempotentRequestError = (error) => isRetryableError(error) && ["get", "head", "options", "put", "delete"].includes(error.config.method);
  const isNetworkOrIdempotentRequestError = (error) => isNetworkError(error) || isIdempotentRequestError(error);
  const made = (client, { retries = 3, retryCondition = isNetworkOrIdempotentRequestError, retryDelay = () => 0, onRetry = nothing } = {}) => {
    client.interceptors.response.use(undefined, async (error) => {
      const config = error.config;
      const count = ((config && config["axios-retry"]) || { retryCount: 0 }).retryCount + 1;
      if (!config || count > retries || !(await retryCondition(error))) throw error;
      const wait = retryDelay(count, error);
      await new RealPromise((resolve) => schedule(wait, resolve));
      onRetry(count, error, config);
      return client({ ...config, "axios-retry": { retryCount: count } });
    });
  };
  const exponentialDelay = (n = 0) => { note("uses:randomness"); return 100 * 2 ** n * (1 + 0.2 * nextRandom()); };
  return Object.assign(made, { default: made, exponentialDelay, linearDelay: (factor = 100) => (n) => n * factor, isNetworkError, isRetryableError, isIdempotentRequestError, isNetworkOrIdempotentRequestError });
};
MODULES["p-limit"] = () => { const made = () => (action, ...args) => (async () => action(...args))(); return Object.assign(made, { default: made }); };
MODULES["p-timeout"] = () => { const made = (promise, options) => { const wait = typeof options === "number" ? options : options.milliseconds; return RealPromise.race([promise, new RealPromise((_, reject) => schedule(wait, () => reject(Object.assign(new RealError(`Promise timed out after ${wait} milliseconds`), { name: "TimeoutError" }))))]); }; return Object.assign(made, { default: made }); };
MODULES.bottleneck = () => { class Bottleneck { constructor(options) { record("new", "bottleneck", [options]); } schedule(...args) { const [action, ...rest] = typeof args[0] === "function" ? args : args.slice(1); return (async () => action(...rest))(); } wrap(action) { return (...args) => this.schedule(action, ...args); } on() { return this; } async stop() {} async disconnect() {} } return Object.assign(Bottleneck, { default: Bottleneck }); };

// ---- aws4: a request signed by hand ----------------------------------------------------------------------------------
MODULES.aws4 = () => open({
  sign(request, credentials) {
    const headers = request.headers = { ...request.headers };
    const host = request.hostname = request.hostname || request.host || headers.Host || `${request.service}.${request.region || "us-east-1"}.amazonaws.com`;
    note("uses:clock");
    headers.Host = headers.Host || host;
    headers["X-Amz-Date"] = headers["X-Amz-Date"] || dateIso(new RealDate(run.now)).replace(/[-:]|\.\d{3}/g, "");
    if (request.body && !headers["Content-Length"]) headers["Content-Length"] = utf8(request.body).length;
    request.method = request.method || (request.body ? "POST" : "GET");
    request.path = request.path || "/";
    headers.Authorization = "AWS4-HMAC-SHA256 " + hex(opaqueDigest([encodeAll([request, credentials])], 32));
    return request;
  },
}, "aws4");

// ---- AWS SDK v3 ----------------------------------------------------------------------------------------------------------
function v3Failure(result) {
  if (result.error) return Object.assign(systemError(result.error), { $metadata: { attempts: 1 } });
  const name = STATUS_WORDS[result.status] || "ServiceException";
  return Object.assign(new RealError(answerBody(result).message || name), { name, $fault: result.status < 500 ? "client" : "server", $metadata: { httpStatusCode: result.status, requestId: "request", attempts: 1 } });
}
const commands = new RealWeakMap();
function v3Send(path, args) {
  const callback = args.find((a) => typeof a === "function");
  const options = args.find((a) => a && typeof a === "object" && (a.abortSignal || a.requestTimeout));
  const promise = new RealPromise((resolve, reject) => {
    const cancel = deliver(outbound(path, args.filter((a) => a !== callback)), (result) => (result.error || result.status >= 400 ? reject(v3Failure(result)) : resolve(awsSuccess(path))));
    if (options) onAbort(options.abortSignal, () => { cancel(); reject(Object.assign(new RealError("Request aborted"), { name: "AbortError" })); });
  });
  if (!callback) return promise;
  nodeify(promise, callback);
  return undefined;
}
function v3Module(name) {
  const children = new RealMap();
  const make = (key) => {
    if (key.endsWith("Command")) {
      return { [key]: class { constructor(input) { this.input = input; record("new", `${name}.${key}`, [input]); commands.set(this, key); describe(this, () => ({ $command: key, input: this.input })); } } }[key];
    }
    if (/Exception$|Error$/.test(key)) return { [key]: class extends RealError { static [Symbol.hasInstance](error) { return Boolean(error) && error.name === key; } } }[key];
    return function (config) {
      record("new", `${name}.${key}`, config === undefined ? [] : [config]);
      const own = new RealMap([["config", config], ["destroy", nothing], ["send", (...args) => v3Send(`${name}.${key}.send`, args)], ["middlewareStack", open({ add: nothing, use: nothing }, name + ".middlewareStack")]]);
      return describe(new Proxy({}, {
        get(_, method) {
          if (typeof method === "symbol" || method === "then" || method === "toJSON") return undefined;
          if (!own.has(method)) own.set(method, (...args) => v3Send(`${name}.${key}.${method}`, args));
          return own.get(method);
        },
      }), () => ({ $ref: `${name}.${key}` }));
    };
  };
  return new Proxy({}, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then" || key === "__esModule") return undefined;
      if (!children.has(key)) children.set(key, /^[A-Z]/.test(key) && !key.includes("_") ? make(key) : makeRecorder(`${name}.${key}`, `${name}.${key}`, true));
      return children.get(key);
    },
  });
}
