const co = (g) => (...a) => { const it = g(...a); const step = (v) => { const { done, value } = it.next(v); return done ? Promise.resolve(value) : Promise.resolve(value).then(step, (e) => it.throw(e)); }; return step(); };
exports.onExecuteSendPhoneMessage = co(function* (event) {
  const r = yield fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text });
  if (!r.ok) throw new Error('bad');
});
