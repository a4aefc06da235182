// Has the program changed the language itself? Everything reachable from the global object is looked at before
// the first program and after each one: additions mean that this isolate is used no more, changes void the proof.
const seenBefore = new RealMap();
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
const HOST = new RealSet([...Object.keys(hostGlobals()), ...NO_STAND_IN, "global", "globalThis"]);
const hiddenClasses = { FakeDate, URL, URLSearchParams, TextEncoder, TextDecoder, Buffer, AbortController, AbortSignal, Event, EventTarget, DOMException, Headers, Request, Response, FormData, Blob, File, webFetch, Timeout, EventEmitter, Hash, CacheApi, NotificationApi, setTimeout, setInterval, setImmediate, subtle, webcrypto, performanceNow };
function snapshot(object) {
  const fields = new RealMap();
  for (const key of ownKeys(object)) if (object !== globalThis || (bareGlobals.has(key) && !HOST.has(key))) fields.set(key, descriptorOf(object, key));
  return { proto: object === globalThis ? null : getPrototypeOf(object), fields };
}
function remember() { walk((object, path) => seenBefore.set(object, { path, ...snapshot(object) })); }
function inspectIntegrity() {
  const changed = [];
  let added = false;
  for (const [object, before] of seenBefore) {
    const keys = ownKeys(object);
    for (const [key, old] of before.fields) {
      const now = descriptorOf(object, key);
      if (!now || !is(now.value, old.value) || now.get !== old.get || now.set !== old.set || now.writable !== old.writable) changed.push(`${before.path}.${String(key)}`);
    }
    if (object !== globalThis && (keys.length !== before.fields.size || getPrototypeOf(object) !== before.proto)) added = true;
    if (object !== globalThis && !Object.isExtensible(object)) added = true;
  }
  for (const key of ownKeys(globalThis)) if (!bareGlobals.has(key) && !HOST.has(key) && !descriptorOf(globalThis, key).configurable) added = true;
  return stringify({ changed: changed.slice(0, 5), added });
}
installGlobals();
run = newRun({ start: 0, answers: [], seed: 0 });
remember();
