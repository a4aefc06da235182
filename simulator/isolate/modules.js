// The packages that phone Actions require, each as far as such Actions use it.
const __modules = (() => {
  const { send, Buffer, utf8, Headers } = __host;

  // SHA-256 and its HMAC, for tokens that gateways check.
  const K = [];
  const primes = (count) => { const found = []; for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n); return found; };
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) >>> 0;
  for (const p of primes(64)) K.push(fraction(Math.cbrt(p)));
  const sha256 = (bytes) => {
    const h = primes(8).map((p) => fraction(Math.sqrt(p)));
    const data = [...bytes, 0x80];
    while (data.length % 64 !== 56) data.push(0);
    const bits = bytes.length * 8;
    for (let i = 7; i >= 0; i--) data.push(Math.floor(bits / 2 ** (8 * i)) & 255);
    const rotate = (x, n) => (x >>> n) | (x << (32 - n));
    for (let at = 0; at < data.length; at += 64) {
      const w = [];
      for (let i = 0; i < 16; i++) w.push((data[at + 4 * i] << 24) | (data[at + 4 * i + 1] << 16) | (data[at + 4 * i + 2] << 8) | data[at + 4 * i + 3]);
      for (let i = 16; i < 64; i++) {
        const a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w.push((w[i - 16] + a + w[i - 7] + b) | 0);
      }
      let [a, b, c, d, e, f, g, x] = h;
      for (let i = 0; i < 64; i++) {
        const one = (x + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [x, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, x].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
    }
    return h.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  };
  const bytesOf = (value) => (typeof value === 'string' ? utf8(value) : Array.from(value));
  const hmac = (key, message) => {
    let k = bytesOf(key);
    if (k.length > 64) k = sha256(k);
    k = [...k, ...new Array(64 - k.length).fill(0)];
    return sha256([...k.map((b) => b ^ 0x5c), ...sha256([...k.map((b) => b ^ 0x36), ...message])]);
  };
  const known = (name) => { if (!/^sha-?256$/i.test(name)) throw new Error(`digest ${name} is not simulated`); };
  const digest = (bytes, encoding) => { const made = Buffer.from(bytes); return encoding ? made.toString(encoding) : made; };
  const hashing = (finish) => {
    const held = [];
    return { update(value, encoding) { held.push(...(typeof value === 'string' ? Buffer.from(value, encoding) : value)); return this; }, digest(encoding) { return digest(finish(held), encoding); } };
  };
  let drawn = 1;
  const random = () => { drawn = (drawn * 48271) % 2147483647; return drawn; };
  const crypto = {
    createHmac(name, key) { known(name); return hashing((bytes) => hmac(key, bytes)); },
    createHash(name) { known(name); return hashing(sha256); },
    randomBytes(size) { return Buffer.from(Array.from({ length: size }, () => random() & 255)); },
    randomInt(low, high) { const [from, to] = high === undefined ? [0, low] : [low, high]; return from + (random() % (to - from)); },
    randomUUID() { const hex = this.randomBytes(16).toString('hex'); return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`; },
    timingSafeEqual(a, b) { return a.length === b.length && Array.from(a).every((x, i) => x === b[i]); },
  };
  globalThis.crypto = { randomUUID: () => crypto.randomUUID(), getRandomValues: (array) => { array.set(crypto.randomBytes(array.length)); return array; } };

  const parse = (text) => { try { return JSON.parse(text); } catch { return text; } };
  const failing = (message, extra) => Object.assign(new Error(message), extra);

  // axios.
  const axiosRequest = async (config) => {
    const url = new URL(config.url, config.baseURL);
    const params = config.params instanceof URLSearchParams ? config.params : new URLSearchParams(Object.fromEntries(Object.entries(config.params || {}).filter(([, v]) => v !== undefined && v !== null)));
    for (const [key, value] of params) url.searchParams.append(key, value);
    const headers = new Headers({ accept: 'application/json, text/plain, */*', ...(config.headers || {}) });
    let { data } = config;
    if (data instanceof URLSearchParams) { data = data.toString(); if (!headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded;charset=utf-8'); }
    else if (data !== undefined && typeof data !== 'string') { data = JSON.stringify(data); if (!headers.has('content-type')) headers.set('content-type', 'application/json'); }
    if (config.auth) headers.set('authorization', `Basic ${Buffer.from(`${config.auth.username}:${config.auth.password}`).toString('base64')}`);
    const late = config.timeout ? AbortSignal.timeout(config.timeout) : null;
    const signals = [late, config.signal].filter(Boolean);
    let answer;
    try {
      answer = await send(String(config.method || 'get').toUpperCase(), url.href, headers, data, signals.length ? AbortSignal.any(signals) : null);
    } catch (error) {
      const timed = late && late.aborted;
      throw failing(timed ? `timeout of ${config.timeout}ms exceeded` : error.message, { isAxiosError: true, name: 'AxiosError', code: timed ? 'ECONNABORTED' : error.code || 'ERR_NETWORK', config });
    }
    const response = { status: answer.status, statusText: '', headers: answer.headers || {}, data: config.responseType === 'text' ? answer.body : parse(answer.body), config, request: {} };
    const fine = config.validateStatus === undefined ? (status) => status >= 200 && status < 300 : config.validateStatus;
    if (fine && !fine(answer.status)) throw failing(`Request failed with status code ${answer.status}`, { isAxiosError: true, name: 'AxiosError', code: answer.status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE', response, config });
    return response;
  };
  const axiosMade = (defaults = {}) => {
    const merged = (config) => ({ ...defaults, ...config, headers: { ...(defaults.headers || {}), ...(config.headers || {}) } });
    const made = (first, second) => axiosRequest(merged(typeof first === 'string' ? { ...(second || {}), url: first } : first));
    Object.assign(made, { defaults, request: made, create: (more) => axiosMade(merged(more || {})), isAxiosError: (error) => Boolean(error && error.isAxiosError), interceptors: { request: { use() {} }, response: { use() {} } } });
    for (const method of ['get', 'delete', 'head', 'options']) made[method] = (url, config) => made({ ...(config || {}), url, method });
    for (const method of ['post', 'put', 'patch']) made[method] = (url, data, config) => made({ ...(config || {}), url, method, data });
    made.default = made;
    return made;
  };

  // twilio: the requests that its client sends.
  const twilio = (sid, token, options = {}) => {
    if (!sid || !String(sid).startsWith('AC')) throw new Error('accountSid must start with AC');
    if (!token) throw new Error('password is required');
    const account = options.accountSid || sid;
    const post = async (kind, fields) => {
      const form = new URLSearchParams();
      for (const [key, value] of Object.entries(fields)) if (value !== undefined && value !== null) form.append(key[0].toUpperCase() + key.slice(1), value);
      const answer = await send('POST', `https://api.twilio.com/2010-04-01/Accounts/${account}/${kind}.json`, { authorization: `Basic ${Buffer.from(`${sid}:${token}`).toString('base64')}`, 'content-type': 'application/x-www-form-urlencoded' }, form.toString(), null);
      const body = parse(answer.body);
      if (answer.status >= 400) throw failing(body.message || 'Twilio refused', { name: 'RestException', status: answer.status, code: body.code, moreInfo: body.more_info });
      return { sid: body.sid, status: body.status, errorCode: body.error_code, errorMessage: body.error_message, to: body.to, from: body.from, body: body.body };
    };
    return { messages: { create: (fields) => post('Messages', fields) }, calls: { create: (fields) => post('Calls', fields) } };
  };
  twilio.Twilio = twilio;
  twilio.default = twilio;
  twilio.twiml = { VoiceResponse: class { constructor() { this.parts = []; } say(first, second) { this.parts.push(`<Say>${second === undefined ? first : second}</Say>`); return this; } pause() { this.parts.push('<Pause/>'); return this; } toString() { return `<?xml version="1.0" encoding="UTF-8"?><Response>${this.parts.join('')}</Response>`; } } };

  // AWS SDK: Amazon SNS, version 3 and version 2.
  const publish = async (settings, input) => {
    const credentials = (typeof settings.credentials === 'function' ? await settings.credentials() : settings.credentials) || settings;
    const region = settings.region || 'us-east-1';
    const form = new URLSearchParams({ Action: 'Publish', PhoneNumber: input.PhoneNumber || '', Message: input.Message || '', Version: '2010-03-31' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${region}/sns, Signature=${hmac(String(credentials.secretAccessKey), utf8(form.toString())).map((b) => b.toString(16)).join('')}`, 'x-simulated-secret': String(credentials.secretAccessKey) };
    const answer = await send('POST', `https://sns.${region}.amazonaws.com/`, headers, form.toString(), null);
    if (answer.status >= 400) throw failing(answer.body, { name: 'SNSServiceException', $metadata: { httpStatusCode: answer.status } });
    return { MessageId: 'simulated', $metadata: { httpStatusCode: answer.status } };
  };
  class PublishCommand { constructor(input) { this.input = input; } }
  class SNSClient { constructor(settings = {}) { this.settings = settings; } send(command) { return publish(this.settings, command.input); } }
  class SNS extends SNSClient { publish(input) { const made = publish(this.settings, input); return Object.assign(made, { promise: () => made }); } }
  const sns = { SNSClient, SNS, PublishCommand };
  const config = { update(values) { Object.assign(config, values); } };
  const aws = { SNS: class extends SNS { constructor(settings = {}) { super({ ...config, ...settings }); } }, config };

  // http and https of Node.js.
  class Emitter {
    constructor() { this.handlers = {}; }
    on(name, fn) { (this.handlers[name] = this.handlers[name] || []).push(fn); return this; }
    once(name, fn) { return this.on(name, fn); }
    off(name, fn) { this.handlers[name] = (this.handlers[name] || []).filter((item) => item !== fn); return this; }
    removeListener(name, fn) { return this.off(name, fn); }
    emit(name, ...args) { const all = this.handlers[name] || []; if (name === 'error' && !all.length) throw args[0]; for (const fn of all) fn(...args); return all.length > 0; }
  }
  const request = (scheme) => (...args) => {
    const done = typeof args[args.length - 1] === 'function' ? args.pop() : null;
    const [first, second] = args;
    const from = typeof first === 'string' || first instanceof URL ? new URL(first) : null;
    const options = { ...(from ? {} : first), ...(second || {}) };
    const url = from ? from.href : `${options.protocol || scheme}//${options.hostname || options.host}${options.port ? `:${options.port}` : ''}${options.path || '/'}`;
    const headers = new Headers(options.headers);
    if (options.auth) headers.set('authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    const made = new Emitter();
    const controller = new AbortController();
    let body = '';
    if (done) made.on('response', done);
    made.write = (chunk) => { body += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString(); return true; };
    made.setHeader = (key, value) => headers.set(key, value);
    made.setTimeout = (ms, fn) => { if (fn) made.on('timeout', fn); setTimeout(() => made.emit('timeout'), ms); return made; };
    made.destroy = (error) => controller.abort(error || failing('socket hang up', { code: 'ECONNRESET' }));
    made.abort = made.destroy;
    made.end = (chunk) => {
      if (chunk) made.write(chunk);
      if (options.timeout) made.setTimeout(options.timeout);
      send(String(options.method || 'GET').toUpperCase(), url, headers, body, controller.signal).then((answer) => {
        const response = new Emitter();
        Object.assign(response, { statusCode: answer.status, statusMessage: '', headers: answer.headers || {}, setEncoding() {}, resume() { return response; } });
        response[Symbol.asyncIterator] = async function* () { yield answer.body; };
        made.emit('response', response);
        queueMicrotask(() => { if (answer.body) response.emit('data', Buffer.from(answer.body)); response.emit('end'); response.emit('close'); });
      }, (error) => made.emit('error', error));
      return made;
    };
    return made;
  };
  const web = (scheme) => { const make = request(scheme); return { request: make, get: (...args) => { const made = make(...args); made.end(); return made; }, Agent: class {} }; };

  // jsonwebtoken: what a gateway's token needs.
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = {
    sign(claims, secret, options = {}) {
      const algorithm = options.algorithm || 'HS256';
      if (algorithm !== 'HS256') throw new Error(`algorithm ${algorithm} is not simulated`);
      const now = Math.floor(Date.now() / 1000);
      const whole = { ...claims, iat: claims.iat || now };
      if (options.expiresIn) whole.exp = now + Number(options.expiresIn);
      if (options.subject) whole.sub = options.subject;
      if (options.audience) whole.aud = options.audience;
      if (options.issuer) whole.iss = options.issuer;
      const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(whole)}`;
      return `${signed}.${Buffer.from(hmac(secret, utf8(signed))).toString('base64url')}`;
    },
  };

  const fetching = Object.assign((...args) => fetch(...args), { default: (...args) => fetch(...args), Headers });
  const promisify = (fn) => (...args) => new Promise((resolve, reject) => fn(...args, (error, value) => (error ? reject(error) : resolve(value))));
  const table = {
    axios: axiosMade(), twilio, crypto, 'aws-sdk': aws, '@aws-sdk/client-sns': sns, jsonwebtoken: jwt,
    https: web('https:'), http: web('http:'), 'node-fetch': fetching, 'cross-fetch': fetching, undici: { fetch: fetching },
    buffer: { Buffer }, url: { URL, URLSearchParams }, querystring: { stringify: (value) => new URLSearchParams(value).toString(), parse: (text) => Object.fromEntries(new URLSearchParams(text)) },
    util: { promisify, inspect: (value) => JSON.stringify(value), format: (...args) => args.join(' ') }, events: Object.assign(Emitter, { EventEmitter: Emitter, default: Emitter }),
    'timers/promises': { setTimeout: (ms, value) => new Promise((resolve) => { setTimeout(() => resolve(value), ms); }) },
    uuid: { v4: () => crypto.randomUUID() },
  };
  return table;
})();
const __require = (name) => {
  const bare = String(name).replace(/^node:/, '');
  if (!(bare in __modules)) throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  return __modules[bare];
};
