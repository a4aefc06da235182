"use strict";
// Run one Action in real Node: a job as JSON on standard input, what it did as JSON on standard output. Nothing here is
// shared with the verifier of phonefleet, so that both can be compared.
const clock = require("./clock.js");
const modules = require("./modules.js");
const { log, record, reset } = require("./record.js");

const job = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const write = process.stdout.write.bind(process.stdout);
class Ended extends Error {}

class Cache {
  #kept = new Map();
  get(key) { record("api.cache.get", [key]); const hit = this.#kept.get(String(key)); return hit && hit.expires_at > clock.clock.now ? { ...hit } : undefined; }
  set(key, value, options) {
    record("api.cache.set", [key, value, options]);
    const hit = { value, expires_at: Number(options?.expires_at ?? clock.clock.now + Number(options?.ttl ?? 900000)) };
    this.#kept.set(String(key), hit);
    return { type: "success", record: { ...hit } };
  }
  delete(key) { record("api.cache.delete", [key]); return this.#kept.delete(String(key)) ? { type: "success" } : { type: "error", code: "not_found" }; }
}
class Notification {
  #decide(kind) { if (log.decided !== "drop") log.decided = kind; }
  drop(reason) { this.#decide("drop"); return reason; }
  retry(reason) { this.#decide("retry"); return reason; }
}
let cache = new Cache();
const api = () => (job.api === "new" ? { cache, notification: new Notification() } : { cache });

const uncaught = (error) => record("uncaught", [error]);
async function importModule(name) {
  const made = modules.requireModule(name);
  return made?.default === undefined ? { ...made, default: made } : made;
}
async function load() { // as in a new container
  modules.loaded.clear();
  cache = new Cache();
  const module = { exports: {} };
  const body = new Function("exports", "require", "module", "__filename", "__dirname", "__import", job.code);
  body.call(module.exports, module.exports, modules.requireModule, module, "/action.js", "/", importModule);
  await clock.runOut(uncaught);
  return () => module.exports[job.handler]; // how often Auth0 reads the export is not known: once an event
}
async function perform(handler, run) {
  clock.begin(run.start, run.seed);
  reset(run.answers);
  const event = { ...JSON.parse(run.event), secrets: { ...job.secrets } };
  const ended = { end: "pending", at: -1, error: null };
  const finish = (end, error = null) => { if (ended.end === "pending") Object.assign(ended, { end, error, at: clock.clock.now - clock.clock.start, decided: log.decided }); };
  const began = (async () => handler()(event, api()))();
  began.then(() => finish("returned"), (error) => finish("threw", `${error?.name}: ${error?.message}`));
  const done = await clock.runOut(uncaught);
  return { ...ended, decided: ended.decided ?? null, cut: !done, calls: log.calls };
}
async function main() {
  process.on("unhandledRejection", () => {}); // seen by its effects only, as in the verifier
  process.exit = () => { record("process.exit", []); throw new Ended("process.exit"); };
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "dir", "table"]) console[name] = () => {};
  clock.install();
  modules.install();
  const out = [];
  let handler = null;
  try {
    for (const run of job.runs) {
      if (handler === null || run.fresh) {
        clock.begin(run.start, run.seed ^ 0x5bd1e995);
        reset(run.answers);
        handler = await load();
      }
      out.push(await perform(handler, run));
    }
  } catch (error) {
    write(JSON.stringify({ failed: `${error?.name}: ${error?.message}`, runs: out }));
    return;
  }
  write(JSON.stringify({ failed: null, runs: out }));
}
main();
