const handlers = {
  sms: (o, s) => ({ url: 'https://a.example/sms', body: { to: o.recipient, text: o.text, key: s.KEY } }),
  voice: (o, s) => ({ url: 'https://a.example/call', body: { to: o.recipient, say: o.text.replace(/(\d)/g, '$1 '), key: s.KEY } }),
};
exports.onExecuteSendPhoneMessage = async ({ message_options, secrets }) => {
  const make = handlers[message_options.message_type];
  if (typeof make !== 'function') throw new TypeError(`unsupported ${message_options.message_type}`);
  const { url, body } = make(message_options, secrets);
  const r = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!r.ok) throw new Error(r.statusText);
};
