// lodash, as far as it reads and shapes plain data; the rest of it is recorded.
MODULES.lodash = () => {
  const steps = (path) => (isArray(path) ? path : String(path).replace(/\[(?:"([^"]*)"|'([^']*)'|(\d+))\]/g, (_, a, b, c) => "." + (a || b || c)).split(".").filter((step) => step !== ""));
  const get = (object, path, other) => { let at = object; for (const step of steps(path)) { if (at === null || at === undefined) return other; at = at[step]; } return at === undefined ? other : at; };
  const has = (object, path) => { let at = object; for (const step of steps(path)) { if (at === null || at === undefined || !hasOwn(at, step)) return false; at = at[step]; } return true; };
  const set = (object, path, value) => { const all = steps(path); let at = object; all.slice(0, -1).forEach((step) => { if (at[step] === null || typeof at[step] !== "object") at[step] = {}; at = at[step]; }); at[all[all.length - 1]] = value; return object; };
  const names = (list) => list.flat(2).map(String);
  const is = (kind) => (value) => typeof value === kind;
  const iteratee = (by) => (typeof by === "function" ? by : by === undefined ? (value) => value : (value) => get(value, by));
  const list = (value) => (value === null || value === undefined ? [] : isArray(value) ? value : Object.values(value));
  const text = (value) => (value === null || value === undefined ? "" : String(value));
  return open({
    get, has, set, isNil: (v) => v === null || v === undefined, isNull: (v) => v === null, isUndefined: (v) => v === undefined, isString: is("string"), isNumber: is("number"), isBoolean: is("boolean"), isFunction: is("function"), isArray,
    isObject: (v) => v !== null && (typeof v === "object" || typeof v === "function"), isPlainObject: (v) => v !== null && typeof v === "object" && (getPrototypeOf(v) === Object.prototype || getPrototypeOf(v) === null),
    isEmpty: (v) => (typeof v === "string" || isArray(v) ? v.length === 0 : v === null || typeof v !== "object" || Object.keys(v).length === 0), isEqual: (a, b) => encode(a, []) === encode(b, []),
    pick: (object, ...keys) => names(keys).reduce((made, key) => (has(object, key) ? set(made, key, get(object, key)) : made), {}), omit: (object, ...keys) => { const out = names(keys); return Object.fromEntries(Object.entries(object || {}).filter(([key]) => !out.includes(key))); },
    defaultTo: (v, other) => (v === null || v === undefined || v !== v ? other : v), keys: (v) => Object.keys(v || {}), values: (v) => list(v), identity: (v) => v, noop: nothing, cloneDeep: (v) => structuredClone(v), assign: Object.assign,
    map: (v, by) => list(v).map((x) => iteratee(by)(x)), filter: (v, by) => list(v).filter((x) => iteratee(by)(x)), find: (v, by) => list(v).find((x) => iteratee(by)(x)), some: (v, by) => list(v).some((x) => iteratee(by)(x)), every: (v, by) => list(v).every((x) => iteratee(by)(x)),
    forEach: (v, by) => { list(v).forEach((x) => by(x)); return v; }, includes: (v, x) => (typeof v === "string" ? v.includes(x) : list(v).includes(x)), first: (v) => list(v)[0], head: (v) => list(v)[0], last: (v) => list(v).slice(-1)[0], compact: (v) => list(v).filter(Boolean), uniq: (v) => [...new RealSet(list(v))], flatten: (v) => list(v).flat(),
    trim: (v) => text(v).trim(), toLower: (v) => text(v).toLowerCase(), toUpper: (v) => text(v).toUpperCase(), upperFirst: (v) => text(v).charAt(0).toUpperCase() + text(v).slice(1), capitalize: (v) => text(v).charAt(0).toUpperCase() + text(v).slice(1).toLowerCase(), startsWith: (v, x) => text(v).startsWith(x), endsWith: (v, x) => text(v).endsWith(x), toString: text, padStart: (v, n, c) => text(v).padStart(n, c), replace: (v, a, b) => text(v).replace(a, b), split: (v, x) => text(v).split(x),
  }, "lodash");
};
