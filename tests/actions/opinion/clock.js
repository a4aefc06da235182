"use strict";
// Virtual time for one program in real Node: its timers, its clock and its random numbers.
const real = { Date, setImmediate, hrtime: process.hrtime, random: Math.random };
const QUIET_TURNS = 4; // turns of Node's own loop without work of its own before a timer of the program may fire
const MOST_TIMERS = 2000, HORIZON_MS = 15 * 60 * 1000;

const clock = { now: 0, start: 0, timers: [], next: 1, seed: 1 };

function begin(start, seed) {
  Object.assign(clock, { now: start, start, timers: [], seed: seed >>> 0 });
}
function after(delay, action) {
  const wait = Number(delay) > 0 ? Math.floor(Number(delay)) : 0;
  const timer = { id: clock.next++, at: clock.now + wait, action };
  clock.timers.push(timer);
  clock.timers.sort((one, other) => one.at - other.at || one.id - other.id);
  return timer;
}
function cancel(timer) { clock.timers = clock.timers.filter((each) => each !== timer && each.id !== timer); }
function random() { // a linear congruential generator; its quality does not matter
  clock.seed = (Math.imul(clock.seed, 1664525) + 1013904223) >>> 0;
  return clock.seed / 4294967296;
}
const turn = () => new Promise((resolve) => real.setImmediate(resolve));
const IDLE = new Set(["Immediate", "Timeout", "PipeWrap", "TTYWrap", "FSReqPromise"]);
let busy = 0; // jobs of Node's threads that it does not list
function busyUntil(promise) {
  busy += 1;
  const done = () => { busy -= 1; };
  promise.then(done, done);
  return promise;
}
async function settle() { // until Node has nothing left to do but the program's own timers
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    await turn();
    quiet = process.getActiveResourcesInfo().every((name) => IDLE.has(name)) && busy === 0 ? quiet + 1 : 0;
  }
}
async function runOut(uncaught) { // fire all timers in order; false if they never end
  for (let fired = 0; ; fired++) {
    await settle();
    if (!clock.timers.length) return true;
    if (fired >= MOST_TIMERS || clock.timers[0].at - clock.start > HORIZON_MS) return false;
    const timer = clock.timers.shift();
    clock.now = Math.max(clock.now, timer.at);
    try { timer.action(); } catch (error) { uncaught(error); }
  }
}

class Timeout { // what Node's setTimeout returns
  constructor(start) { this.start = start; this.timer = start(); }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  refresh() { cancel(this.timer); this.timer = this.start(); return this; }
  close() { cancel(this.timer); return this; }
  [Symbol.toPrimitive]() { return this.timer.id; }
}
function setTimeoutNow(action, delay, ...args) { return new Timeout(() => after(delay, () => action(...args))); }
function setImmediateNow(action, ...args) { return new Timeout(() => after(0, () => action(...args))); }
function setIntervalNow(action, delay, ...args) {
  const made = new Timeout(() => after(delay, () => { made.refresh(); action(...args); }));
  return made;
}
function clear(timer) { if (timer instanceof Timeout) timer.close(); else cancel(timer); }
const sleep = (delay, value) => new Promise((resolve) => after(delay, () => resolve(value)));
const promisified = require("node:util").promisify.custom;
Object.defineProperty(setTimeoutNow, promisified, { value: sleep });
Object.defineProperty(setImmediateNow, promisified, { value: (value) => sleep(0, value) });

const VirtualDate = new Proxy(real.Date, {
  apply: () => new real.Date(clock.now).toString(),
  construct: (target, args, maker) => Reflect.construct(target, args.length ? args : [clock.now], maker === VirtualDate ? target : maker),
  get: (target, key) => (key === "now" ? () => clock.now : Reflect.get(target, key)),
});

function install() { // from here on the program's clock is the only one it can read
  real.Date.prototype.constructor = VirtualDate;
  Object.assign(globalThis, {
    Date: VirtualDate, setTimeout: setTimeoutNow, setInterval: setIntervalNow, setImmediate: setImmediateNow,
    clearTimeout: clear, clearInterval: clear, clearImmediate: clear,
  });
  Math.random = random;
  const since = () => [Math.floor(clock.now / 1000), (clock.now % 1000) * 1e6];
  process.hrtime = Object.assign((from) => (from ? [since()[0] - from[0], since()[1] - from[1]] : since()), { bigint: () => BigInt(clock.now) * 1000000n });
  process.uptime = () => (clock.now - clock.start) / 1000;
  performance.now = () => clock.now - clock.start;
  AbortSignal.timeout = (delay) => {
    const controller = new AbortController();
    after(delay, () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")));
    return controller.signal;
  };
}
const bytes = (size) => Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
module.exports = { after, begin, busyUntil, bytes, cancel, clock, install, random, runOut, sleep };
