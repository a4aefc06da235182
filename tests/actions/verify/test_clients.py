# ruff: noqa: E501  (JavaScript reads best on one line)
"""HTTP clients and SDKs answer and fail as the real packages do, as far as Actions can see."""

import pytest

from .evaluate import observe

AXIOS = "const axios = require('axios');\n"
CASES = [
    ("axios gives parsed data", AXIOS + "const r = await axios.get('https://a.example'); return [r.status, r.data.id, r.headers['content-type'].split(';')[0], r.config.method];", "ok", [200, "f3b1c0de", "application/json", "get"]),
    ("axios leaves text as text", AXIOS + "return (await axios.get('https://a.example')).data;", "ok (text)", "OK"),
    ("axios rejects on 400", AXIOS + "try { await axios.post('https://a.example'); } catch (e) { return [e.name, e.code, e.message, e.response.status, e.response.data.code, axios.isAxiosError(e), e instanceof axios.AxiosError, e.toJSON().status]; }", "400", ["AxiosError", "ERR_BAD_REQUEST", "Request failed with status code 400", 400, 21211, True, True, 400]),
    ("axios rejects on 500", AXIOS + "return axios('https://a.example').catch((e) => e.code);", "500", "ERR_BAD_RESPONSE"),
    ("axios has no response when refused", AXIOS + "return axios('https://a.example').catch((e) => [e.code, e.response === undefined, Boolean(e.request)]);", "network error (refused)", ["ECONNREFUSED", True, True]),
    ("axios times out", AXIOS + "const t = Date.now(); return axios('https://a.example', { timeout: 700 }).catch((e) => [e.code, e.message, Date.now() - t]);", "never", ["ECONNABORTED", "timeout of 700ms exceeded", 700]),
    ("axios asks validateStatus", AXIOS + "return (await axios.get('https://a.example', { validateStatus: (s) => s < 500 })).status;", "429", 429),
    ("axios instances keep their defaults", AXIOS + "const i = axios.create({ baseURL: 'https://b.example' }); i.defaults.headers.common['X-A'] = '1'; const r = await i.post('/x', { a: 1 }); return [r.config.baseURL, r.config.url, r.config.headers.common['X-A']];", "ok", ["https://b.example", "/x", "1"]),
    ("axios interceptors see request and failure", AXIOS + "axios.interceptors.request.use((c) => { c.headers['X-B'] = '2'; return c; }); axios.interceptors.response.use((r) => r, (e) => Promise.reject(new Error('seen ' + e.response.status))); return axios('https://a.example').catch((e) => e.message);", "429", "seen 429"),
    ("axios can be aborted", AXIOS + "const c = new AbortController(); setTimeout(() => c.abort(), 10); return axios('https://a.example', { signal: c.signal }).catch((e) => [e.name, e.code, axios.isCancel(e)]);", "ok", ["CanceledError", "ERR_CANCELED", True]),
    ("axios is its own default", "const axios = require('axios'); return [axios.default === axios || typeof axios.default === 'function', typeof require('axios').default.post];", "ok", [True, "function"]),
    ("fetch resolves on 400", "const r = await fetch('https://a.example'); return [r.ok, r.status, r.statusText, (await r.json()).message, r.headers.get('Content-Type').split(';')[0]];", "400", [False, 400, "Bad Request", "refused by the gateway", "application/json"]),
    ("fetch fails with a cause", "return fetch('https://a.example').catch((e) => [e.name, e.message, e.cause.code]);", "network error (refused)", ["TypeError", "fetch failed", "ECONNREFUSED"]),
    ("fetch is aborted by its signal", "const t = Date.now(); return fetch('https://a.example', { signal: AbortSignal.timeout(900) }).catch((e) => [e.name, Date.now() - t]);", "never", ["TimeoutError", 900]),
    ("fetch with no content gives no body", "const r = await fetch('https://a.example'); return [r.status, r.body, await r.text()];", "ok (empty)", [204, None, ""]),
    ("fetch refuses what is no address", "return fetch('/relative').catch((e) => [e.name]);", "ok", ["TypeError"]),
    ("fetch refuses a body with GET", "return fetch('https://a.example', { body: 'x' }).catch((e) => e.name);", "ok", "TypeError"),
    ("fetch takes a Request", "return (await fetch(new Request('https://a.example', { method: 'POST', body: 'x' }))).status;", "ok (201)", 201),
    ("fetch tells when retrying makes sense", "return (await fetch('https://a.example')).headers.get('retry-after');", "429", "2"),
    ("got throws HTTPError", "const got = require('got'); return got.post('https://a.example', { json: {} }).json().catch((e) => [e.name, e.response.statusCode, e instanceof got.HTTPError, e.message]);", "400", ["HTTPError", 400, True, "Response code 400 (Bad Request)"]),
    ("got can be told not to throw", "const got = require('got'); const r = await got('https://a.example', { throwHttpErrors: false, responseType: 'json' }); return [r.statusCode, r.body.code];", "400", [400, 21211]),
    ("got extends", "const api = require('got').extend({ prefixUrl: 'https://a.example', responseType: 'json' }); return (await api.post('x')).body.id;", "ok", "f3b1c0de"),
    ("got times out", "return require('got')('https://a.example', { timeout: 500 }).catch((e) => [e.name, e.code]);", "never", ["TimeoutError", "ETIMEDOUT"]),
    ("node-fetch names its errors", "return require('node-fetch')('https://a.example').catch((e) => [e.name, e.type, e.code]);", "network error (refused)", ["FetchError", "system", "ECONNREFUSED"]),
    ("undici gives a readable body", "const r = await require('undici').request('https://a.example'); return [r.statusCode, (await r.body.json()).status];", "ok", [200, "queued"]),
    ("request calls back with body", "return new Promise((resolve) => require('request').post({ url: 'https://a.example', json: true }, (e, r, b) => resolve([e, r.statusCode, b.code])));", "400", [None, 400, 21211]),
    ("request calls back with an error", "return new Promise((resolve) => require('request')('https://a.example', (e) => resolve(e.code)));", "network error (reset)", "ECONNRESET"),
    ("request-promise rejects on 400", "return require('request-promise')({ uri: 'https://a.example', json: true }).catch((e) => [e.name, e.statusCode, e.error.code]);", "400", ["StatusCodeError", 400, 21211]),
    ("request-promise gives the body", "return (await require('request-promise-native')({ uri: 'https://a.example', json: true })).id;", "ok", "f3b1c0de"),
    ("superagent rejects with response", "return require('superagent').post('https://a.example').send({}).catch((e) => [e.status, e.response.body.code]);", "400", [400, 21211]),
    ("superagent ends with a callback", "return new Promise((resolve) => require('superagent').get('https://a.example').end((e, r) => resolve([e, r.body.id])));", "ok", [None, "f3b1c0de"]),
    ("https streams its answer", "return new Promise((resolve) => { const q = require('https').get('https://a.example', (r) => { let n = 0, b = ''; r.on('data', (c) => { n++; b += c; }); r.on('end', () => resolve([r.statusCode, n, JSON.parse(b).id])); }); q.on('error', resolve); });", "ok", [200, 1, "f3b1c0de"]),
    ("https emits errors", "return new Promise((resolve) => { const q = require('https').request({ hostname: 'a.example' }); q.on('error', (e) => resolve(e.code)); q.end(); });", "network error (refused)", "ECONNREFUSED"),
    ("https sends nothing before end", "const q = require('https').request({ hostname: 'a.example' }, () => {}); q.write('x'); await new Promise((r) => setTimeout(r, 1000)); return 'quiet';", "ok", "quiet"),
    ("https times out when told", "return new Promise((resolve) => { const q = require('https').request({ hostname: 'a.example', timeout: 300 }); q.on('timeout', () => q.destroy(new Error('slow'))); q.on('error', (e) => resolve(e.message)); q.end(); });", "never", "slow"),
    ("twilio rejects like its REST client", "const c = require('twilio')('AC1', 't'); return c.messages.create({ to: '+1', body: 'x' }).catch((e) => [e.status, e.code, e.message, e instanceof Error]);", "400", [400, 21211, "refused by the gateway", True]),
    ("twilio checks what it needs", "const c = require('twilio')('AC1', 't'); try { c.messages.create({ body: 'x' }); } catch (e) { return e.message; }", "ok", "Required parameter \"params['to']\" missing."),
    ("twilio checks its account", "try { require('twilio')('XX1', 't'); } catch (e) { return e.message; }", "ok", "accountSid must start with AC"),
    ("twilio needs a user", "try { require('twilio')(undefined, 't'); } catch (e) { return e.message; }", "ok", "username is required"),
    ("twilio answers with the message", "const c = new (require('twilio'))('AC1', 't'); const m = await c.messages.create({ to: '+1', body: 'x' }); return [m.sid.slice(0, 2), m.status, m.to, m.errorCode];", "ok", ["SM", "queued", "+1", None]),
    ("twilio can be chained anywhere", "const c = require('twilio')('AC1', 't'); const v = await c.verify.v2.services('VA1').verifications.create({ to: '+1', channel: 'sms' }); const f = await c.messages('SM1').fetch(); return [v.status, v.sid.slice(0, 2), typeof f.sid];", "ok", ["pending", "VE", "string"]),
    ("twilio calls back", "const c = require('twilio')('AC1', 't'); return new Promise((resolve) => c.calls.create({ to: '+1', from: '+2', url: 'x' }, (e, call) => resolve([e, call.sid.slice(0, 2)])));", "ok", [None, "CA"]),
    ("twilio builds TwiML", "const { VoiceResponse } = require('twilio').twiml; const r = new VoiceResponse(); r.say({ voice: 'alice' }, 'a & b'); r.pause({ length: 1 }); const g = r.gather({ numDigits: 1 }); g.say('press'); return r.toString();", "ok", '<?xml version="1.0" encoding="UTF-8"?><Response><Say voice="alice">a &amp; b</Say><Pause length="1"/><Gather numDigits="1"><Say>press</Say></Gather></Response>'),
    ("SNS v2 promises", "const AWS = require('aws-sdk'); return new AWS.SNS().publish({ Message: 'x' }).promise().then((d) => typeof d.MessageId);", "ok", "string"),
    ("SNS v2 calls back with an error", "const AWS = require('aws-sdk'); return new Promise((resolve) => new AWS.SNS().publish({}, (e, d) => resolve([e.code, e.statusCode, e.retryable, d])));", "429", ["ThrottlingException", 429, True, None]),
    ("SNS v2 sends nothing until told", "const AWS = require('aws-sdk'); new AWS.SNS().publish({}); return 'quiet';", "ok", "quiet"),
    ("SNS v3 rejects with metadata", "const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns'); return new SNSClient({}).send(new PublishCommand({})).catch((e) => [e.name, e.$metadata.httpStatusCode, e.$fault]);", "500", ["InternalErrorException", 500, "server"]),
    ("SNS v3 has the aggregated client", "const { SNS } = require('@aws-sdk/client-sns'); return typeof (await new SNS({}).publish({})).MessageId;", "ok", "string"),
    ("jsonwebtoken signs and verifies", "const jwt = require('jsonwebtoken'); const t = jwt.sign({ a: 1 }, 'k', { expiresIn: '1h', subject: 's' }); const p = jwt.verify(t, 'k'); let bad; try { jwt.verify(t, 'x'); } catch (e) { bad = [e.name, e.message]; } return [p.a, p.sub, p.exp - p.iat, jwt.decode(t, { complete: true }).header.alg, bad];", "ok", [1, "s", 3600, "HS256", ["JsonWebTokenError", "invalid signature"]]),
    ("jsonwebtoken expires", "const jwt = require('jsonwebtoken'); const t = jwt.sign({}, 'k', { expiresIn: 10 }); await new Promise((r) => setTimeout(r, 11000)); try { jwt.verify(t, 'k'); } catch (e) { return e.name; }", "ok", "TokenExpiredError"),
    ("an unknown package can be awaited", "const V = require('@x/y'); const c = new V.Client('k'); const r = await c.sms.send({ a: 1 }); return [typeof r, String(r.id).includes('await'), `${r}`.length > 5];", "ok", ["function", True, True]),
    ("an unknown package fails with the answer", "const V = require('@x/y'); return new V().send().catch((e) => [e.status, e.code]);", "429", [429, 429]),
    ("an unknown package calls back", "const v = require('some-sms')('k'); return new Promise((resolve) => v.send('+1', (e, r) => resolve([e, Boolean(r)])));", "ok", [None, True]),
    ("an unknown function is a function of its inputs", "const p = require('libphonenumber-js'); return [`${p.format('+1', 'X')}` === `${p.format('+1', 'X')}`, `${p.format('+1')}` === `${p.format('+2')}`];", "ok", [True, False]),
    ("lodash reads and shapes", "const _ = require('lodash'); return [_.get({ a: [{ b: 1 }] }, 'a[0].b'), _.get({}, 'x.y', 'z'), _.isEmpty({}), _.pick({ a: 1, b: 2 }, ['a']), _.omit({ a: 1, b: 2 }, 'a'), _.has({ a: { b: 0 } }, 'a.b'), require('lodash/get')({ q: 1 }, 'q'), _.map([{ n: 1 }], 'n'), _.capitalize('aB')];", "ok", [1, "z", True, {"a": 1}, {"b": 2}, True, 1, [1], "Ab"]),
    ("the next tick comes before promises", "const o = []; await new Promise((done) => setTimeout(() => { Promise.resolve().then(() => o.push('promise')); process.nextTick(() => o.push('tick')); setImmediate(done); }, 1)); return o;", "ok", ["tick", "promise"]),
    ("the cache remembers", "const a = api.cache.set('k', 'v', { ttl: 5000 }); const b = api.cache.get('k'); await new Promise((r) => setTimeout(r, 6000)); return [a.type, b.value, api.cache.get('k') === undefined, api.cache.delete('x').type];", "ok", ["success", "v", True, "error"]),
    ("answers change over calls", "const r = []; for (let i = 0; i < 3; i++) r.push((await fetch('https://a.example')).status); return r;", "500, then ok", [500, 200, 200]),
    ("a later call takes longer", "const t = Date.now(); await fetch('https://a.example'); const a = Date.now(); await fetch('https://a.example'); return [a - t, Date.now() - a];", "ok", [130, 170]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "answers", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_a_client_behaves_as_the_real_one(body, answers, expected):
    assert observe(body, answers) == expected
