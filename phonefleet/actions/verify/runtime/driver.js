// Loads a program, runs its handler over a list of events, and says what it did.

// ---- Date, Math and the other globals ----------------------------------------------------------------------------
// The clock does not move while code runs, so a loop that waits for it would never end.
const MAX_READS = 50000;
const clockNow = () => {
  note("uses:clock");
  if (++run.reads > MAX_READS) { note("waits:the clock"); halt(`more than ${MAX_READS} reads of the clock`); }
  return run.now;
};
const FakeDate = function Date(...args) {
  if (!new.target) return new RealDate(clockNow()).toString();
  return construct(RealDate, args.length ? args : [clockNow()], new.target);
};
defineProperty(FakeDate, "length", { value: 7 });
defineProperty(FakeDate, "prototype", { value: RealDate.prototype, writable: false });
for (const [name, value] of [["now", function now() { return clockNow(); }], ["parse", RealDate.parse], ["UTC", RealDate.UTC]]) defineProperty(FakeDate, name, { value, writable: true, configurable: true });
defineProperty(RealDate.prototype, "constructor", { value: FakeDate, writable: true, configurable: true });
Math.random = function random() { note("uses:randomness"); return nextRandom(); };
// A stack names lines of the file, which a translation always moves: no run has any, and reading one is noted. V8 calls
// this when a stack is first read.
RealError.stackTraceLimit = 0;
const errorText = uncurry(RealError.prototype.toString);
RealError.prepareStackTrace = function prepareStackTrace(error) {
  if (run && !run.encoding) note(`reads stack:@${placeOfCaller()}`);
  try { return errorText(error); } catch { return ""; }
};

const NOT_IN_NODE = ["Temporal", "ShadowRealm", "SuppressedError", "DisposableStack", "AsyncDisposableStack", "Float16Array", "Atomics", "SharedArrayBuffer"];
for (const name of NOT_IN_NODE) delete globalThis[name];
globalThis.__timer_manager = undefined; // what mini-racer defines as variables can be overwritten, not deleted
const NO_STAND_IN = ["WebSocket", "EventSource", "BroadcastChannel", "MessageChannel", "MessagePort", "ReadableStream", "WritableStream", "TransformStream", "CompressionStream", "DecompressionStream", "TextDecoderStream", "TextEncoderStream", "Worker", "Atomics", "SharedArrayBuffer", "navigator", "caches", "WebAssembly", "FinalizationRegistry", "WeakRef"];
const SHARED = {
  Date: FakeDate, URL, URLSearchParams, TextEncoder, TextDecoder, Buffer, AbortController, AbortSignal, Event, EventTarget, DOMException, Headers, Request, Response, FormData, Blob, File, fetch: webFetch,
  setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, queueMicrotask, structuredClone, atob, btoa, crypto: webcrypto, performance: performanceNow, global: globalThis,
};
const OWN = { console: makeConsole, process: makeProcess }; // what programs change is created for each program
const trap = (name, get) => ({ get, set(value) { defineProperty(globalThis, name, { value, writable: true, configurable: true }); }, configurable: true, enumerable: false });
const GONE = ["GLOBAL", "root"]; // since Node 14
const TRAPS = Object.fromEntries([...NO_STAND_IN.map((name) => [name, trap(name, () => unsupported(name))]), ...GONE.map((name) => [name, trap(name, () => removedIn22(name))])]);
const bareGlobals = new RealSet(ownKeys(globalThis));
let installed = 0; // how many names the global object has when it is as it should be
function installGlobals() {
  const names = ownKeys(globalThis);
  if (names.length !== installed) for (const key of names) if (!bareGlobals.has(key) && !HOST.has(key)) delete globalThis[key];
  for (const name of Object.keys(SHARED)) putGlobal(name, SHARED[name]);
  for (const name of Object.keys(OWN)) putGlobal(name, OWN[name]());
  for (const name of Object.keys(TRAPS)) if ((descriptorOf(globalThis, name) || {}).get !== TRAPS[name].get) defineProperty(globalThis, name, TRAPS[name]);
  installed = ownKeys(globalThis).length;
}
function putGlobal(name, value) {
  if (globalThis[name] === value) return;
  const own = descriptorOf(globalThis, name);
  if (own && !own.configurable) globalThis[name] = value; // mini-racer's own variables
  else defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
const HOST = new RealSet([...Object.keys(SHARED), ...Object.keys(OWN), ...NO_STAND_IN, ...GONE, "globalThis"]);

// ---- modules ---------------------------------------------------------------------------------------------------------
const BUILTIN = /^(assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|dns|domain|events|fs|http|http2|https|inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|timers|tls|tty|url|util|v8|vm|wasi|worker_threads|zlib)(\/.*)?$/;
const FORBIDDEN = /^(child_process|cluster|vm|worker_threads|module|repl|inspector|v8|wasi|net|tls|dgram|http2|dns|async_hooks)(\/|$)/;
function requireModule(name) {
  if (typeof name !== "string" || name === "") throw Object.assign(new TypeError('The "id" argument must be of type string.'), { code: "ERR_INVALID_ARG_TYPE" });
  const plain = name.startsWith("node:") ? name.slice(5) : name;
  if (moduleCache.has(plain)) return moduleCache.get(plain);
  record("load", plain);
  if (/^[./]/.test(plain)) { note("unresolved:" + plain); throw Object.assign(new RealError(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND", requireStack: [] }); }
  if (FORBIDDEN.test(plain)) return unsupported(`module ${plain}`);
  const base = plain.replace(/^(axios|got|twilio|aws-sdk|node-fetch|undici|uuid)\/.*$/, "$1");
  let made;
  if (plain in MODULES) made = MODULES[plain]();
  else if (plain.startsWith("@aws-sdk/client-")) made = v3Module(plain);
  else if (plain.startsWith("aws-sdk/clients/")) made = awsService("AWS." + plain.slice(16).toUpperCase());
  else if (/^lodash[./]/.test(plain)) made = requireModule("lodash")[plain.slice(7)];
  else if (base !== plain && base in MODULES) made = plain.startsWith("uuid/") ? randomUUID : requireModule(base);
  else { note((plain.startsWith("actions:") ? "actions module:" : "recorder:") + plain); made = makeRecorder(plain, plain, true); }
  if (plain in NODE_NAMES) made = withNodeNames(plain, made);
  moduleCache.set(plain, made);
  return made;
}
// `import(…)` in an Action's text becomes a call of this: the module as an ES module's namespace, a turn later.
async function importModule(name) {
  const made = requireModule(name);
  const main = made !== null && made !== undefined && made.default !== undefined && !made.default.then ? made.default : made;
  return new Proxy({}, { get: (_, key) => (key === "default" ? main : typeof key === "symbol" || key === "then" || made === null || made === undefined ? undefined : made[key]), has: () => true });
}
requireModule.resolve = (name) => name;
requireModule.cache = {};

// ---- the two APIs ------------------------------------------------------------------------------------------------------
const cacheStore = { map: new RealMap() };
class CacheApi {
  get(key) { checkReceiver(this, CacheApi); record("call", "api.cache.get", [key]); const hit = cacheStore.map.get(String(key)); return hit && hit.expires_at > run.now ? { ...hit } : undefined; }
  set(key, value, options) {
    checkReceiver(this, CacheApi);
    record("call", "api.cache.set", options === undefined ? [key, value] : [key, value, options]);
    if (typeof key !== "string" || typeof value !== "string") return { type: "error", code: "invalid_value" };
    const hit = { value, expires_at: options && options.expires_at ? +options.expires_at : run.now + (options && options.ttl ? +options.ttl : 900000) };
    cacheStore.map.set(key, hit);
    return { type: "success", record: { ...hit } };
  }
  delete(key) { checkReceiver(this, CacheApi); record("call", "api.cache.delete", [key]); return cacheStore.map.delete(String(key)) ? { type: "success" } : { type: "error", code: "not_found" }; }
}
// The real API keeps its state in private fields, so a method torn off its object throws.
function checkReceiver(self, made) { if (!(self instanceof made)) throw new TypeError("Cannot read private member from an object whose class did not declare it"); }
function decide(kind, reason) {
  run.entries.push(`{"t":${run.now - run.start},"op":"verdict","path":"api.notification.${kind}","args":${encodeAll([reason])}}`);
  if (!run.ended && run.decided !== "drop") run.decided = kind;
}
class NotificationApi {
  drop(reason) { checkReceiver(this, NotificationApi); decide("drop", reason); }
  retry(reason) { checkReceiver(this, NotificationApi); decide("retry", reason); }
}
function makeApi(kind) {
  const api = { cache: new CacheApi() };
  if (kind === "new") api.notification = new NotificationApi();
  Object.setPrototypeOf(api, WATCHED_API);
  return describe(api, API_SHOWN);
}
const API_SHOWN = () => ({ $: "api" });
const WATCHED_API = new Proxy(Object.prototype, {
  get(target, key, receiver) { if (typeof key === "string" && !(key in target) && key !== "then" && key !== "toJSON") note(`unknown api:api.${key}`); return Reflect.get(target, key, receiver); },
});
// Reading what an event might hold but does not is noted, so that the verification can be run again with it.
// The prototypes that notice are made once: an object takes one on more quickly than a new one is made.
const noticing = (place) => new Proxy(Object.prototype, {
  get(target, name, receiver) {
    if (typeof name === "string" && !(name in target) && name !== "then" && name !== "toJSON") note(`missing ${place}:${name}`);
    return Reflect.get(target, name, receiver);
  },
});
const NOTICING = { secrets: noticing("secrets"), configuration: noticing("configuration"), user_metadata: noticing("user_metadata"), app_metadata: noticing("app_metadata"), metadata: noticing("metadata"), domain_metadata: noticing("domain_metadata") };
function watch(object, prototype) {
  if (!object) return;
  Object.setPrototypeOf(object, prototype);
  describe(object, () => ({ ...object }));
}
function watchEvent({ secrets, configuration, user, client, custom_domain }) {
  if (custom_domain) watch(custom_domain.domain_metadata, NOTICING.domain_metadata);
  watch(secrets, NOTICING.secrets);
  watch(configuration, NOTICING.configuration);
  if (user) { watch(user.user_metadata, NOTICING.user_metadata); watch(user.app_metadata, NOTICING.app_metadata); }
  if (client) { watch(client.metadata, NOTICING.metadata); watch(client.client_metadata, NOTICING.metadata); }
}

// ---- fields that the translation may not get alike -------------------------------------------------------------------
// Whether the original takes such a field out of its event, and where it looks into one that is lost, is noted.
function watchUnlike(event, watched) {
  for (const { path, lost } of watched) {
    const key = path[path.length - 1], name = path.join(".");
    let holder = event;
    for (let i = 0; i < path.length - 1 && holder; i++) holder = holder[path[i]];
    if (!holder || !hasOwn(holder, key)) continue;
    const plain = holder[key];
    const value = lost && plain !== null && typeof plain === "object" ? noticingContent(plain, name) : plain;
    defineProperty(holder, key, {
      get() { if (!run.encoding) note("takes:" + name); return value; },
      set(other) { defineProperty(this, key, { value: other, writable: true, enumerable: true, configurable: true }); },
      enumerable: true, configurable: true,
    });
  }
}
const PASSIVE = new RealSet(["then", "toJSON", "constructor"]); // asked of any value that travels on
function noticingContent(value, name) {
  const looked = () => { if (!run.encoding) note(`looks into:${name}@${placeOfCaller()}`); };
  return new Proxy(value, {
    get(target, key) { if (key === Symbol.iterator || (typeof key === "string" && !PASSIVE.has(key))) looked(); return target[key]; },
    has(target, key) { looked(); return key in target; },
    ownKeys(target) { looked(); return ownKeys(target); },
    getOwnPropertyDescriptor(target, key) { looked(); return descriptorOf(target, key); },
  });
}
const SOURCE_NAME = "phonefleet-action", ABOVE = 2; // the lines that V8 writes above a function's body
function placeOfCaller() { // the line and column of the program's nearest frame
  const { prepareStackTrace } = RealError, holder = {};
  RealError.prepareStackTrace = undefined;
  RealError.stackTraceLimit = 40;
  RealError.captureStackTrace(holder);
  const frame = /phonefleet-action:(\d+):(\d+)/.exec(holder.stack);
  RealError.stackTraceLimit = 0;
  RealError.prepareStackTrace = prepareStackTrace;
  return frame ? `${frame[1] - ABOVE}:${frame[2]}` : "";
}

// ---- runs ----------------------------------------------------------------------------------------------------------------
let program = null; // gives the handler
function failureOf(error) {
  if (error instanceof Stop) return { end: "stopped", error: error.why };
  const made = { end: "threw" };
  try { made.error = error !== null && typeof error === "object" ? [String(error.name), String(error.message)] : [typeof error, String(error)]; } catch { made.error = ["unprintable", ""]; }
  return made;
}
function traceText(result) {
  return `{"end":${stringify(result.end)},"error":${stringify(result.error || null)},"at":${result.at},"decided":${stringify(run.decided)},"loop":"${run.loop}","calls":[${run.entries.join(",")}]}`;
}
// A run is a generator. It yields where the promises' callbacks are due: the call from outside then returns, V8 runs
// them, and the next call goes on here. Only the flat functions below are generators, and only `resume` resumes them.
const resumeGenerator = uncurry(getPrototypeOf(getPrototypeOf((function* () {})())).next);
const resume = (generator) => resumeGenerator(generator);
function* turns() { // promises, then the next timer, until nothing is left or the bounds are reached
  for (;;) {
    do { // as Node does after each turn: what nextTick put off, then the promises, until both are empty
      while (run.ticks.length) guarded(run.ticks.shift());
      run.reads = 0;
      yield;
    } while (run.ticks.length);
    if (!run.timers.length || run.stop) return;
    if (run.timers[0].at - run.start > HORIZON || ++run.turns > MAX_TURNS) { run.loop = "cut"; run.timers.length = 0; return; }
    const timer = run.timers.shift();
    if (timer.at > run.now) run.now = timer.at;
    guarded(timer.action);
  }
}
function startLoad(scenario) {
  installGlobals();
  moduleCache = new RealMap();
  cacheStore.map = new RealMap();
  program = null;
  run = newRun(scenario);
  run.seed = (run.seed ^ 0x5bd1e995) >>> 0;
  // Compiled once for a job: each load calls it again and so gets its own variables.
  try { job.body = job.body || Function("exports", "require", "module", "__filename", "__dirname", "__phonefleetImport", "__phonefleetRan", `${job.code}\n//# sourceURL=${SOURCE_NAME}`); } catch (error) { return { failed: { error: failureOf(error).error, kind: "syntax" } }; }
  const module = { exports: {}, id: ".", filename: "/action.js", loaded: false, children: [], paths: [] };
  return { module, began: traceAt(() => apply(job.body, module.exports, [module.exports, requireModule, module, "/action.js", "/", importModule, noteRan])) };
}
function endLoad({ module, began }) {
  if (run.stop) return { error: ["stopped", run.stop], kind: "stopped" };
  if (began) return { error: began.error, kind: "load", trace: traceText({ ...began, at: run.now - run.start }) };
  module.loaded = true;
  const made = module.exports === null || module.exports === undefined ? undefined : module.exports[job.handler];
  if (typeof made !== "function") return { error: ["missing", job.handler], kind: "handler" };
  // It is not documented how often Auth0 reads the export: each run reads it again, so that a handler that changes shows.
  program = () => module.exports[job.handler];
  return { trace: traceText({ end: "loaded", at: 0 }) };
}
function traceAt(action) { try { action(); return null; } catch (error) { return failureOf(error); } }
function startRun(scenario) {
  run = newRun(scenario);
  const event = parseJson(scenario.event);
  event.secrets = { ...job.secrets };
  watchEvent(event);
  if (scenario.watched) watchUnlike(event, scenario.watched);
  const finish = (result) => { if (!run.ended) run.ended = { ...result, at: run.now - run.start }; };
  const mine = run;
  let returned;
  const failed = traceAt(() => { returned = apply(program(), undefined, [event, makeApi(job.api)]); });
  if (failed) finish(failed);
  else promiseThen(new RealPromise((resolve) => resolve(returned)), () => { if (run === mine) finish({ end: "returned" }); }, (error) => { if (run === mine) finish(failureOf(error)); });
}
// Which statements ran: an instrumented program calls this with their numbers.
let ran = new RealSet();
function noteRan(number) { ran.add(number); }
function takeRan() { const numbers = [...ran]; ran = new RealSet(); return numbers; }

const batches = new RealMap(); // lists of scenarios that many programs are run over
let job = null, work = null, out = []; // out: the lines since the last answer
function* perform(scenarios) {
  let loaded = false;
  for (let at = 0; at < scenarios.length; at++) {
    const scenario = scenarios[at];
    if (scenario.fresh || !loaded) {
      loaded = true;
      const begun = startLoad(scenario);
      if (!begun.failed) for (const turn = turns(); !resume(turn).done;) yield "";
      out.push(`{"load":${stringify(begun.failed || endLoad(begun))}}`);
      if (!program) return;
      yield "l";
    }
    startRun(scenario);
    for (const turn = turns(); !resume(turn).done;) yield "";
    out.push(traceText(run.ended || { end: "pending", at: -1 }));
    if (job.covers) out.push(`{"ran":${stringify(takeRan())}}`);
    yield "+";
  }
}
// Answers a command: "" for a step of the job under way, else JSON. The first line of an answer is empty while a step
// is left in the same event, "l" when the program is loaded, "+" when an event is done, and JSON about the whole job at
// its end. The lines of what was done follow.
const drive = (command) => {
  if (command !== "") {
    const asked = parseJson(command);
    if (asked.scenarios) { batches.set(asked.batch, asked.scenarios); return ""; }
    job = { ...asked.job };
    out = [];
    notes = new RealSet();
    work = perform(batches.get(asked.batch));
  }
  const { done, value } = resume(work);
  if (!done && value === "") return "";
  const text = [done ? stringify({ notes: [...notes], ...inspectIntegrity() }) : value, ...out].join("\n");
  out = [];
  return text;
};
