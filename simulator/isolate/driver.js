// Loads an Action, starts its handler and moves the virtual time on until the handler is done.
const __run = { settled: false, error: null, calls: [] };
const __error = (error) => ({ name: String((error && error.name) || 'Error'), message: String((error && error.message) || error), stack: String((error && error.stack) || '') });
const __note = (kind) => (reason) => { __run.calls.push({ kind, reason: String(reason) }); };

function __start(handler, event) {
  const cache = new Map();
  const api = {
    notification: { drop: __note('drop'), retry: __note('retry') },
    cache: {
      get: (key) => (cache.has(key) ? { value: cache.get(key), expires_at: 0 } : undefined),
      set: (key, value) => { cache.set(key, value); return { type: 'success' }; },
      delete: (key) => { cache.delete(key); return { type: 'success' }; },
    },
  };
  (async () => {
    const module = { exports: {} };
    // eslint-disable-next-line no-new-func
    const load = new Function('exports', 'require', 'module', '__filename', '__dirname', __code);
    load.call(module.exports, module.exports, __require, module, '/action.js', '/');
    const found = module.exports[handler];
    if (typeof found !== 'function') throw new TypeError(`The Action has no ${handler}`);
    await found(event, api);
  })().then(
    () => { __run.settled = true; },
    (error) => { __run.settled = true; __run.error = __error(error); },
  );
}

/** Takes the waiting requests out of the queue. */
function __pending() {
  const all = __host.state.requests;
  __host.state.requests = [];
  return JSON.stringify(all);
}

/** Delivers the answer to a request after so many milliseconds of virtual time. */
function __answer(id, text) {
  const answer = JSON.parse(text);
  __host.setTimer(() => {
    const waiting = __host.state.waiting.get(id);
    if (!waiting) return;
    __host.state.waiting.delete(id);
    if (answer.error) waiting.reject(Object.assign(new Error(answer.error), { code: answer.code }));
    else waiting.resolve(answer);
  }, answer.milliseconds, []);
}

/** Fires the next timer within the limit; returns false if there is none. */
function __step(limit) {
  const { state } = __host;
  if (!state.timers.length) return false;
  const next = state.timers.reduce((a, b) => (b.at < a.at || (b.at === a.at && b.id < a.id) ? b : a));
  if (next.at > limit) { state.now = limit; return false; }
  state.now = Math.max(state.now, next.at);
  if (next.every) next.at = state.now + next.every;
  else state.timers = state.timers.filter((timer) => timer.id !== next.id);
  try { next.fn(...next.args); } catch (error) { __run.settled = true; __run.error = __error(error); }
  return true;
}

function __state() {
  const { settled, error, calls } = __run;
  return JSON.stringify({ settled, error, calls, milliseconds: __host.state.now, logs: __host.state.logs });
}
