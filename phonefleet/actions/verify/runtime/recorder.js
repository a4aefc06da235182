// The stand-in for everything we have no model of: it records what is built, read, called and with which
// arguments, and answers with terms. A term is written as the whole expression that made it, so equal inputs give
// equal outputs and a recipient that passed through it stays visible.
const known = new RealWeakMap(); // recorder -> {path, term}
const childCaches = new RealWeakMap();
function makeRecorder(path, term = path, settled = false) {
  const target = function () {};
  const children = new RealMap();
  let promise = null;
  const settle = () => { // the answer is taken when the result is first waited for
    if (!promise) promise = takeGeneric(path, term);
    return promise;
  };
  const proxy = new Proxy(target, {
    get(_, key) {
      if (typeof key === "symbol") return recorderSymbol(key, term, () => proxy["0"]);
      if (children.has(key)) return children.get(key);
      switch (key) {
        case "then": return settled ? undefined : (...args) => promiseThen(settle(), ...args);
        case "catch": if (settled) break; return (onError) => promiseThen(settle(), undefined, onError);
        case "finally": if (settled) break; return (action) => settle().finally(action);
        case "toString": case "toLocaleString": case "valueOf": case "toJSON": return () => `«${term}»`;
        case "prototype": return target.prototype;
        case "length": return 1;
        case "apply": return (self, args) => proxy(...(args || []));
        case "call": return (self, ...args) => proxy(...args);
        case "bind": return (self, ...first) => (...args) => proxy(...first, ...args);
        case "__esModule": return undefined;
      }
      if (key === "default" && !path.includes(".") && !path.includes("(")) return proxy;
      const child = makeRecorder(`${path}.${key}`, `${term}.${key}`, true);
      children.set(key, child);
      return child;
    },
    set(_, key, value) {
      record("set", `${path}.${String(key)}`, [value]);
      children.set(key, value);
      return true;
    },
    has(_, key) { return key in target || children.has(key) || typeof key === "string"; },
    deleteProperty(_, key) { record("delete", `${path}.${String(key)}`); return true; },
    ownKeys() { note("uses:enumeration of an unmodelled module"); return ownKeys(target); },
    apply(_, self, args) { return callRecorder("call", path, term, args, false); },
    construct(_, args, maker) {
      const made = callRecorder("new", path, term, args, true);
      if (maker !== proxy && maker.prototype) note("not exercised:a subclass of an unmodelled class");
      return made;
    },
  });
  known.set(proxy, { path, term });
  return describe(proxy, () => ({ $ref: term }));
}
function recorderSymbol(key, term, first) {
  if (key === Symbol.toPrimitive) return (hint) => {
    if (hint !== "number") return `«${term}»`;
    note("opaque:" + term.slice(0, 80)); // a number that is compared decides, and nothing is known of it
    return NaN;
  };
  if (key === Symbol.toStringTag) return "Function";
  if (key === Symbol.iterator) return () => [first()][Symbol.iterator](); // one element, so that what is done to each is done
  return undefined;
}
const PURE = /^(?:new )?(?:answer of )?(?:node:)?(?:lodash|moment|moment-timezone|dayjs|luxon|date-fns|date-fns-tz|libphonenumber-js|google-libphonenumber|awesome-phonenumber|phone|uuid|nanoid|validator|joi|@hapi\/joi|yup|zod|ajv|querystring|qs|ua-parser-js|winston|pino|bunyan|loglevel|debug|handlebars|mustache|liquidjs|ejs|path|os|assert|events|stream|zlib|fs|util|i18n|i18next|i18n-iso-countries|semver|ms|bcrypt|bcryptjs|argon2|crypto-js|crypto|jose|jws|jwa|xml2js|fast-xml-parser|xmlbuilder|xmlbuilder2|iso-639-1|country-list|underscore|ramda)(?=$|[.\/(])/;
// What a validator lets through is what it was given: the Action goes on as it does with good data.
const VALIDATORS = /^(?:new )?(?:joi|@hapi\/joi|yup|zod)[.\/(]/;
const ACCEPTS = new RealMap(Object.entries({
  validate: (value, path) => (path.startsWith("yup") ? RealPromise.resolve(value) : { error: undefined, value }), validateSync: (value) => value, validateAsync: (value) => RealPromise.resolve(value), attempt: (value) => value,
  parse: (value) => value, parseAsync: (value) => RealPromise.resolve(value), safeParse: (value) => ({ success: true, data: value }), isValid: () => RealPromise.resolve(true), isValidSync: () => true,
}));
// An answer's list has one element: what a program does to each is done to it.
const child = (path, term) => makeRecorder(path.slice(0, path.lastIndexOf(".")) + ".0", term.slice(0, term.lastIndexOf(".")) + ".0", true);
const LISTS = new RealMap(Object.entries({
  map: ([by, self], one) => [apply(by, self, [one, 0, [one]])], forEach: ([by, self], one) => { apply(by, self, [one, 0, [one]]); },
  filter: ([by, self], one) => [one].filter((x) => apply(by, self, [x, 0, [x]])), find: ([by, self], one) => [one].find((x) => apply(by, self, [x, 0, [x]])),
  some: ([by, self], one) => Boolean(apply(by, self, [one, 0, [one]])), every: ([by, self], one) => Boolean(apply(by, self, [one, 0, [one]])),
  flatMap: ([by, self], one) => [one].flatMap((x) => apply(by, self, [x, 0, [x]])), reduce: (args, one) => (args.length > 1 ? args[0](args[1], one, 0, [one]) : one),
}));
function callRecorder(op, path, term, args, settled) {
  const each = LISTS.get(path.slice(path.lastIndexOf(".") + 1));
  if (each && op === "call" && typeof args[0] === "function" && !known.has(args[0]) && !PURE.test(path)) return each(args, child(path, term));
  const accepts = VALIDATORS.test(path) && ACCEPTS.get(path.slice(path.lastIndexOf(".") + 1));
  if (accepts && op === "call") { record(op, path, args); return accepts(args[0], path); }
  const last = args.length ? args[args.length - 1] : undefined;
  const shown = typeof last === "function" && !known.has(last) ? args.slice(0, -1) : args;
  record(op, path, args);
  for (const given of args.slice(0, -1)) if (typeof given === "function" && !known.has(given) && !described.has(given)) note(`not exercised:a function passed to ${path}, which is never called`);
  const text = encodeAll(shown);
  const inside = text.slice(1, -1);
  const made = makeRecorder(op === "new" ? `new ${path}` : `${path}()`, `${op === "new" ? "new " : ""}${term}(${inside.length > 4000 ? hex(opaqueDigest([inside], 16)) : inside})`, settled);
  if (op === "call" && shown !== args) {
    if (PURE.test(path)) note(`not exercised:a function passed to ${path}, which is never called`);
    else promiseThen(takeGeneric(path, term), (value) => guarded(() => (takesAnswer(last) ? last(value) : last(null, value))), (error) => guarded(() => last(error)));
  }
  return made;
}
// A callback of one parameter takes an error, as Node's do, unless its name says that it takes the answer.
const sourceOf = uncurry(Function.prototype.toString);
function takesAnswer(callback) {
  const name = /^(?:async\s+)?(?:function\b[^(]*)?\(?\s*([A-Za-z_$][\w$]*)/.exec(sourceOf(callback));
  return callback.length === 1 && name !== null && /^(res|resp|response|r|result|results|data|body|answer|reply|message|msg)$/i.test(name[1]);
}
function takeGeneric(path, term) {
  if (PURE.test(path)) return RealPromise.resolve(makeRecorder(path, term, true));
  const answer = outbound(path + " (awaited)", []);
  return new RealPromise((resolve, reject) => deliver(answer, (result) => {
    if (result.error) return reject(systemError(result.error));
    if (result.status < 400) return resolve(makeRecorder(path + "!", `await ${term}`, true));
    return reject(Object.assign(new RealError(`${path} answered ${result.status}`), { status: result.status, statusCode: result.status, code: result.status }));
  }));
}
// Gives a hand-made stand-in the recorder's behaviour for everything it does not define itself.
function open(object, path) {
  const extras = new RealMap();
  const proxy = new Proxy(object, {
    get(target, key, receiver) {
      if (typeof key === "symbol" || key in target || key === "then" || key === "toJSON" || key === "__esModule" || key === "inspect") return Reflect.get(target, key);
      if (key === "default") return proxy;
      if (!extras.has(key)) extras.set(key, makeRecorder(`${path}.${key}`, `${path}.${key}`, true));
      return extras.get(key);
    },
  });
  const how = described.get(object);
  return describe(proxy, how || (() => ({ $ref: path })));
}
