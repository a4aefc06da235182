// The state of one run, its virtual clock, its recorder. Everything else in this folder builds on these.
// Built-in functions are taken before any Action runs, so that an Action that replaces them cannot bend the record.
const RealDate = Date, RealMap = Map, RealSet = Set, RealWeakMap = WeakMap, RealPromise = Promise, RealError = Error;
const { stringify, parse: parseJson } = JSON;
const { ownKeys, getOwnPropertyDescriptor: descriptorOf, getPrototypeOf, apply, construct } = Reflect;
const { defineProperty, is, create } = Object;
const { isArray } = Array;
const uncurry = (method) => (self, ...rest) => apply(method, self, rest);
const dateTime = uncurry(RealDate.prototype.getTime), dateIso = uncurry(RealDate.prototype.toISOString);
const tagOf = uncurry(Object.prototype.toString);
const hasOwn = Object.hasOwn;
const floor = Math.floor, imul = Math.imul;
const promiseThen = uncurry(RealPromise.prototype.then);

// ---- one run ------------------------------------------------------------------------------------------------
const MAX_TURNS = 2000, HORIZON = 15 * 60 * 1000, MAX_NODES = 60000, MAX_ENTRIES = 600;
let run = null;        // the run under way: see newRun
let notes = new RealSet(); // what the program used that a verification must know, over all its runs
class Stop { constructor(why) { this.why = why; } }

function newRun(scenario) {
  return {
    start: scenario.start, now: scenario.start, answers: scenario.answers, sent: 0, entries: [], nodes: 0, bytes: 0,
    seed: scenario.seed >>> 0, timers: [], ticks: [], nextTimer: 1, turns: 0, ended: null, decided: null, cache: null,
    ids: 0, reads: 0, loop: "done", stop: null, encoding: 0,
  };
}
function note(text) { notes.add(text); }
function halt(why) { // ends the run for good: swallowing the exception does not help, the note stays
  note("stop:" + why);
  if (run) run.stop = why;
  throw new Stop(why);
}
function unsupported(what) { note("unsupported:" + what); throw new RealError(what + " has no stand-in"); }
function record(op, path, args, extra) {
  if (run.entries.length >= MAX_ENTRIES) halt(`more than ${MAX_ENTRIES} calls`);
  let text = `{"t":${run.now - run.start},"op":${stringify(op)},"path":${stringify(path)}`;
  if (args !== undefined) text += `,"args":${encodeAll(args)}`;
  if (extra !== undefined) text += extra;
  run.entries.push(text + "}");
}

// ---- the recorder: any value as JSON text, keys in order, nothing lost ------------------------------------------
const described = new RealWeakMap(); // stand-in object -> function giving the value to write in its place
function describe(object, how) { described.set(object, how); return object; }
const keyText = new RealMap();
function quoteKey(key) {
  let text = keyText.get(key);
  if (text === undefined) {
    text = stringify(key) + ":";
    if (keyText.size < 4000) keyText.set(key, text);
  }
  return text;
}
function encodeAll(values) {
  let text = "[";
  run.encoding++; // what the recorder reads, the program does not
  try { for (let i = 0; i < values.length; i++) text += (i ? "," : "") + encode(values[i], []); } finally { run.encoding--; }
  return text + "]";
}
function encode(value, above) {
  if (++run.nodes > MAX_NODES) halt("recorded values too large");
  switch (typeof value) {
    case "string":
      run.nodes += value.length >> 5;
      if (run.nodes > MAX_NODES) halt("recorded values too large");
      return stringify(value);
    case "number": return is(value, -0) ? '{"$number":"-0"}' : value - value === 0 ? "" + value : `{"$number":"${value}"}`;
    case "boolean": return value ? "true" : "false";
    case "undefined": return '{"$":"undefined"}';
    case "bigint": return `{"$bigint":"${value}"}`;
    case "symbol": return '{"$":"symbol"}';
    case "function": {
      const how = described.get(value);
      return how ? encode(how(), above) : '{"$":"function"}';
    }
    default: return value === null ? "null" : encodeObject(value, above);
  }
}
function encodeObject(value, above) {
  const how = described.get(value);
  if (how) return encode(how(), above);
  for (let i = 0; i < above.length; i++) if (above[i] === value) return `{"$cycle":${above.length - i}}`;
  if (above.length > 30) halt("recorded values nested too deeply");
  above.push(value);
  const text = encodeKind(value, above);
  above.pop();
  return text;
}
function encodeKind(value, above) {
  if (isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) text += (i ? "," : "") + encode(value[i], above);
    return text + "]";
  }
  const proto = getPrototypeOf(value);
  if (proto === Object.prototype || proto === null) return encodeFields(value, above, "");
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `{"$bytes":"${base64(bytesOf(value))}"}`;
  if (value instanceof RealDate) { const at = dateTime(value); return `{"$date":${at === at ? stringify(dateIso(value)) : '"invalid"'}}`; }
  if (value instanceof RealError && run.inspects) return `{"$error":${stringify("" + value.stack)}}`; // reading is noted
  if (value instanceof RealError) return encodeFields(value, above, `"$error":${stringify("" + value.name)},"message":${stringify("" + value.message)}`);
  if (value instanceof RealPromise) return '{"$":"promise"}';
  if (value instanceof RealMap) return `{"$map":${encode([...value], above)}}`;
  if (value instanceof RealSet) return `{"$set":${encode([...value], above)}}`;
  const tag = tagOf(value);
  if (tag === "[object String]" || tag === "[object Number]" || tag === "[object Boolean]") return encode(value.valueOf(), above);
  if (tag === "[object RegExp]") return `{"$regexp":${stringify("" + value)}}`;
  const maker = proto.constructor;
  const name = typeof maker === "function" && typeof maker.name === "string" ? maker.name : "";
  return encodeFields(value, above, name && name !== "Object" ? `"$class":${stringify(name)}` : "");
}
function encodeFields(value, above, head) {
  const keys = Object.keys(value).sort();
  let text = head;
  for (let i = 0; i < keys.length; i++) {
    const field = value[keys[i]];
    if (field === undefined) continue; // no client tells a missing key from an undefined one
    text += (text ? "," : "") + quoteKey(keys[i]) + encode(field, above);
  }
  return "{" + text + "}";
}

// ---- the clock ---------------------------------------------------------------------------------------------------
function schedule(delay, action) {
  let wait = +delay;
  if (!(wait >= 0)) wait = 0;
  const timer = { id: run.nextTimer++, at: run.now + floor(wait), action };
  const timers = run.timers;
  let i = timers.length;
  while (i > 0 && timers[i - 1].at > timer.at) i--;
  timers.splice(i, 0, timer);
  return timer;
}
function unschedule(timer) {
  const i = run.timers.indexOf(timer);
  if (i >= 0) run.timers.splice(i, 1);
}
function uncaught(error) { record("uncaught", "process", [error instanceof Stop ? error.why : error]); }
function guarded(action) {
  try { action(); } catch (error) { uncaught(error); }
}

// ---- chance ------------------------------------------------------------------------------------------------------
function nextRandom() { // mulberry32
  run.seed = (run.seed + 0x6d2b79f5) >>> 0;
  let t = run.seed;
  t = imul(t ^ (t >>> 15), t | 1);
  t ^= t + imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
function randomByte() { note("uses:randomness"); return floor(nextRandom() * 256); }
// Not a real digest: the same bytes always give the same answer, other bytes another, and that is all a verification needs.
function opaqueDigest(parts, size) {
  let a = 0x9e3779b9, b = 0x243f6a88, c = 0xb7e15162, d = 0xdeadbeef;
  const mix = (byte) => {
    a = imul(a ^ byte, 0x85ebca6b); b = imul(b ^ (byte + (a >>> 24)), 0xc2b2ae35);
    c = imul(c ^ (byte + (b >>> 24)), 0x27d4eb2f); d = imul(d ^ (byte + (c >>> 24)), 0x165667b1);
    a = (a << 13 | a >>> 19) ^ d; b ^= a >>> 7; c ^= b >>> 11; d ^= c >>> 5;
  };
  for (const part of parts) {
    const bytes = typeof part === "string" ? utf8(part) : bytesOf(part);
    for (let i = 0; i < bytes.length; i++) mix(bytes[i]);
    mix(256 + bytes.length);
  }
  const out = new Uint8Array(size);
  for (let i = 0; i < size; i++) { mix(i); out[i] = (a ^ b ^ c ^ d) >>> 16; }
  return out;
}

// ---- the network: every outbound call takes the next answer of the plan ----------------------------------------------
function outbound(path, args) {
  record("send", path, args, `,"n":${run.sent}`);
  const plan = run.answers;
  const answer = plan[run.sent < plan.length ? run.sent : plan.length - 1];
  run.sent++;
  return answer;
}
// Delivers the answer to `settle` once, as {status, headers, body} or {error: code}; the result cancels it.
function deliver(answer, settle, timeout) {
  let open = true;
  const close = (result) => () => { if (open) { open = false; settle(result); } };
  const waiting = [];
  if (answer.error) waiting.push(schedule(answer.after, close({ error: answer.error })));
  else if (answer.status) waiting.push(schedule(answer.after, close(answer)));
  if (timeout > 0) waiting.push(schedule(timeout, close({ error: "TIMEOUT" })));
  return () => { open = false; waiting.forEach(unschedule); };
}
const SYSTEM = {
  ECONNREFUSED: ["connect", "connect ECONNREFUSED 203.0.113.9:443"], ECONNRESET: ["read", "socket hang up"],
  ENOTFOUND: ["getaddrinfo", "getaddrinfo ENOTFOUND gateway.invalid"],
};
function systemError(code) {
  const [syscall, message] = SYSTEM[code] || ["read", code];
  return Object.assign(new RealError(message), { errno: -111, code, syscall });
}
