"use strict";
// What a program did in one run, written in a form in which equal things are equal texts.
const { clock } = require("./clock.js");

const shown = new WeakMap(); // a stand-in -> the text that names it
const log = { calls: [], sent: 0, decided: null, answers: [] };

function reset(answers) { Object.assign(log, { calls: [], sent: 0, decided: null, answers }); }
function record(path, args) { log.calls.push({ t: clock.now - clock.start, path, args: args.map((each) => plain(each)) }); }
function answer() { // the network's answer to the next call
  const index = Math.min(log.sent, log.answers.length - 1);
  log.sent += 1;
  return log.answers[index];
}

function plain(value, above = []) {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "undefined") return { "?": "undefined" };
  if (typeof value === "symbol") return { "?": "symbol" };
  if (shown.has(value)) return { "?": shown.get(value) };
  if (typeof value === "function") return { "?": "function" };
  if (above.includes(value)) return { "?": `cycle ${above.length - above.indexOf(value)}` };
  return structure(value, [...above, value]);
}
function structure(value, above) {
  if (Array.isArray(value)) return value.map((each) => plain(each, above));
  if (ArrayBuffer.isView(value)) return { bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  if (value instanceof ArrayBuffer) return { bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { date: Number(value) };
  if (value instanceof RegExp || value instanceof URL || value instanceof URLSearchParams) return { [value.constructor.name]: String(value) };
  if (value instanceof Error) return { error: [String(value.name), String(value.message)], ...fields(value, above) };
  if (value instanceof Promise) return { "?": "promise" };
  if (value instanceof Map || value instanceof Set || value instanceof FormData || value instanceof Headers) return { [value.constructor.name]: [...value].map((each) => plain(each, above)) };
  const maker = Object.getPrototypeOf(value)?.constructor?.name;
  return { ...(maker && maker !== "Object" ? { class: maker } : {}), ...fields(value, above) };
}
function fields(value, above) { // a missing field and an undefined one are the same to every client
  const kept = Object.keys(value).filter((key) => value[key] !== undefined).sort();
  return Object.fromEntries(kept.map((key) => [`.${key}`, plain(value[key], above)]));
}
function text(value) { // the order of the keys of a JSON text is no difference
  if (!/^\s*[[{]/.test(value)) return value;
  try { return { json: plain(JSON.parse(value)) }; } catch { return value; }
}
const term = (args) => JSON.stringify(args.map((each) => plain(each))).slice(1, -1);
module.exports = { answer, log, plain, record, reset, shown, term };
