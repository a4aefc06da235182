"use strict";
// Recording stand-ins for packages: one for all of them. Only what a package does with its result is told apart.
const { after } = require("./clock.js");
const { answer, record, shown, term } = require("./record.js");

// Clients whose results are HTTP responses; the second one's are also for statuses that mean failure.
const HTTP = /^(axios|got|superagent|request-promise|request-promise-native|unirest|needle|ky|phin|wretch)\b/;
const HTTP_ANY = /^request\b/;
// Packages that only compute: no answer of the network is waited for.
const COMPUTES = /^(moment|dayjs|luxon|date-fns|libphonenumber-js|google-libphonenumber|uuid|nanoid|joi|yup|zod|jsonwebtoken|jose|qs|form-data|xml2js|fast-xml-parser|handlebars|mustache|winston|pino|aws4|validator|fs)\b/;
const BUILDS = /^[^.(]+(\.(default|create|extend|initClient|createClient|defaults|instance|Twilio))?$/;
const ARRAYS = { map: (list, f) => list.map(f), forEach: (list, f) => list.forEach(f), filter: (list, f) => list.filter(f), find: (list, f) => list.find(f), some: (list, f) => list.some(f), every: (list, f) => list.every(f) };
const LISTENS = new Set(["use", "on", "once", "addListener", "add", "interceptors", "promisify"]);

function standIn(path, name, { awaits = false, prototype = null } = {}) {
  const own = new Map();
  let result = null;
  const wait = () => (result ??= outcome(path, name));
  const made = new Proxy(function () {}, {
    get(target, key) {
      if (typeof key === "symbol") return symbol(key, name, made);
      if (own.has(key)) return own.get(key);
      if (prototype !== null && key in prototype) return Reflect.get(prototype, key, made);
      if (key === "then") return awaits ? (good, bad) => wait().then(good, bad) : undefined;
      if (awaits && (key === "catch" || key === "finally")) return (...args) => wait()[key](...args);
      if (key === "toString" || key === "toJSON" || key === "valueOf") return () => `<${name}>`;
      if (key === "default") return made;
      if (key === "__esModule") return undefined;
      if (key === "prototype") return target.prototype;
      if (key === "length") return 1;
      if (key === "call") return (self, ...args) => made(...args);
      if (key === "apply") return (self, args) => made(...args);
      if (key === "bind") return (self, ...first) => (...rest) => made(...first, ...rest);
      own.set(key, standIn(`${path}.${key}`, `${name}.${key}`));
      return own.get(key);
    },
    set(target, key, value) { record(`${path}.${String(key)} =`, [value]); own.set(key, value); return true; },
    has: () => true,
    apply(target, self, args) { return called(path, name, args); },
    construct(target, args, maker) {
      record(`new ${path}`, args);
      return standIn(`new ${path}`, `new ${name}(${term(args)})`, { prototype: maker === made ? null : maker.prototype });
    },
  });
  shown.set(made, name);
  return made;
}
function symbol(key, name, made) {
  if (key === Symbol.toPrimitive) return (hint) => (hint === "number" ? NaN : `<${name}>`);
  if (key === Symbol.iterator) return () => [made["0"]][Symbol.iterator]();
  return undefined;
}
function called(path, name, args) {
  const method = path.slice(path.lastIndexOf(".") + 1);
  const last = args[args.length - 1];
  const callback = typeof last === "function" && !shown.has(last) ? last : null;
  if (callback && Object.hasOwn(ARRAYS, method)) return ARRAYS[method]([standIn(`${path}.0`, `${name}.0`)], callback);
  record(path, args);
  if (/^(joi|yup|zod)\b/.test(path) && /^(validate|validateAsync|parse|attempt)$/.test(method)) return method === "validate" ? { value: args[0] } : args[0];
  if (callback && !LISTENS.has(method) && !COMPUTES.test(path)) callBack(path, name, callback);
  const given = term(callback ? args.slice(0, -1) : args);
  return standIn(`${path}()`, `${name}(${given})`, { awaits: !COMPUTES.test(path) && !BUILDS.test(path) });
}
function callBack(path, name, callback) {
  const one = callback.length === 1 && /^\(?\s*(res|response|result|data|body|answer|message)\b/.test(String(callback));
  const done = (...given) => after(0, () => callback(...given));
  outcome(path, name).then((value) => (one ? done(value) : done(null, value, value.body)), (error) => done(error));
}

function outcome(path, name) { // what a call comes to, by the network's next answer
  const given = answer();
  record(`${path} (awaited)`, []);
  return new Promise((resolve, reject) => {
    if (given.error) after(given.after, () => reject(systemError(given.error)));
    else if (given.status) after(given.after, () => (given.status < 400 || HTTP_ANY.test(path) ? resolve(good(path, name, given)) : reject(bad(path, given))));
    const limit = Number(/"\.timeout":(?:\{"\.request":)?(\d+)/.exec(name)?.[1]);
    if (limit > 0) after(limit, () => reject(Object.assign(new Error(`timeout of ${limit}ms exceeded`), { code: "ECONNABORTED", name: "TimeoutError", isAxiosError: true })));
  });
}
const parsed = (body) => { try { return JSON.parse(body); } catch { return body; } };
function response(given) {
  return {
    status: given.status, statusCode: given.status, statusText: "", ok: given.status < 400, headers: { ...given.headers }, data: parsed(given.body),
    body: parsed(given.body), text: given.body, rawBody: given.body,
  };
}
function good(path, name, given) {
  if (HTTP.test(path) || HTTP_ANY.test(path)) return /\.(json|text)\(\)$/.test(path) ? parsed(given.body) : response(given);
  const values = parsed(given.body);
  const known = typeof values === "object" && values !== null ? values : {};
  return filledUp(known, standIn(`${path}!`, `await ${name}`));
}
// What an answer's body lacks is a stand-in, at each level; what asks for a state (`isOptedOut`) is false.
function filledUp(known, rest) {
  return new Proxy(known, {
    get(target, key) {
      if (typeof key === "symbol" || key === "then" || key === "toJSON") return target[key];
      if (!(key in target)) return /^is[A-Z]/.test(key) ? false : rest[key];
      return typeof target[key] === "object" && target[key] !== null && !Array.isArray(target[key]) ? filledUp(target[key], rest[key]) : target[key];
    },
  });
}
function fetched(given) {
  return new Response(given.status === 204 ? null : given.body, { status: given.status, headers: given.headers });
}
function bad(path, given) {
  const values = parsed(given.body);
  const error = new Error(HTTP.test(path) ? `Request failed with status code ${given.status}` : values?.message ?? `HTTP ${given.status}`);
  return Object.assign(error, { status: given.status, statusCode: given.status, code: HTTP.test(path) ? "ERR_BAD_REQUEST" : values?.code ?? given.status, isAxiosError: HTTP.test(path), response: response(given) });
}
function systemError(code) { return Object.assign(new Error(`connect ${code}`), { code, errno: -111, syscall: "connect" }); }
module.exports = { fetched, parsed, standIn, systemError };
