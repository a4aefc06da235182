// Code made at run time is noted: each kind of function has a constructor that makes more of its kind from text.
for (const sample of [function () {}, async function () {}, function* () {}, async function* () {}]) {
  const prototype = getPrototypeOf(sample), Real = prototype.constructor;
  const Noting = function (...texts) {
    note(`dynamic code:the constructor ${Real.name}`);
    return construct(Real, texts, new.target && new.target !== Noting ? new.target : Real);
  };
  defineProperty(Noting, "name", { value: Real.name });
  defineProperty(Noting, "length", { value: 1 });
  defineProperty(Noting, "prototype", { value: Real.prototype, writable: false });
  defineProperty(prototype, "constructor", { value: Noting });
}

// Has the program changed the language itself? Everything reachable from the global object is looked at before
// the first program and after each one: additions mean that this isolate is used no more, changes void the verification.
function walk(visit) {
  const done = new RealSet(), todo = [[globalThis, "globalThis"]];
  const asyncProto = getPrototypeOf(async function () {}), generator = getPrototypeOf(function* () {});
  for (const [object, name] of [[getPrototypeOf(new Uint8Array(0).constructor), "TypedArray"], [asyncProto, "AsyncFunction"], [generator, "GeneratorFunction"], [getPrototypeOf([][Symbol.iterator]()), "ArrayIterator"], [hiddenClasses, "stand-ins"]]) todo.push([object, name]);
  while (todo.length) {
    const [object, path] = todo.pop();
    if (done.has(object)) continue;
    done.add(object);
    visit(object, path);
    if (object !== globalThis) { const proto = getPrototypeOf(object); if (proto) todo.push([proto, path + ".__proto__"]); }
    for (const key of ownKeys(object)) {
      if (object === globalThis && (HOST.has(key) || !bareGlobals.has(key))) continue;
      const d = descriptorOf(object, key);
      for (const part of [d.value, d.get, d.set]) if (part !== null && (typeof part === "object" || typeof part === "function")) todo.push([part, path === "globalThis" ? String(key) : `${path}.${String(key)}`]);
    }
  }
}
const hiddenClasses = { FakeDate, URL, URLSearchParams, TextEncoder, TextDecoder, Buffer, AbortController, AbortSignal, Event, EventTarget, DOMException, Headers, Request, Response, FormData, Blob, File, webFetch, Timeout, EventEmitter, Hash, CacheApi, NotificationApi, setTimeout, setInterval, setImmediate, subtle, webcrypto, performanceNow };
const plain = [], accessors = [], shapes = []; // what to look at again, in flat lists
function remember() {
  walk((object, path) => {
    // Programs do not change single built-in functions; frozen, they need not be checked again.
    if (typeof object === "function" && !hasOwn(object, "prototype")) { Object.freeze(object); return; }
    const keys = ownKeys(object).filter((key) => object !== globalThis || (bareGlobals.has(key) && !HOST.has(key)));
    if (object !== globalThis) shapes.push({ object, proto: getPrototypeOf(object), size: keys.length });
    for (const key of keys) {
      const d = descriptorOf(object, key);
      if (d.get || d.set) accessors.push({ object, key, get: d.get, set: d.set, name: `${path}.${String(key)}` });
      else plain.push({ object, key, value: d.value, name: `${path}.${String(key)}` });
    }
  });
}
function inspectIntegrity() {
  const changed = [];
  let added = false;
  for (let i = 0; i < plain.length; i++) { const p = plain[i]; if (!is(p.object[p.key], p.value)) changed.push(p.name); }
  for (let i = 0; i < accessors.length; i++) {
    const a = accessors[i], now = descriptorOf(a.object, a.key);
    if (!now || now.get !== a.get || now.set !== a.set) changed.push(a.name);
  }
  for (let i = 0; i < shapes.length; i++) {
    const s = shapes[i];
    if (ownKeys(s.object).length !== s.size || getPrototypeOf(s.object) !== s.proto || !Object.isExtensible(s.object)) added = true;
  }
  for (const key of ownKeys(globalThis)) if (!bareGlobals.has(key) && !HOST.has(key) && !descriptorOf(globalThis, key).configurable) added = true;
  return { changed: changed.slice(0, 5), added };
}
installGlobals();
run = newRun({ start: 0, answers: [], seed: 0 });
remember();
