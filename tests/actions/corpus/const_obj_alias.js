const API = 'https://sms.example.com';
class Provider { async send() { throw new Error('abstract'); } }
class HttpProvider extends Provider {
  constructor(o) { super(); Object.assign(this, o); }
  async send({ to, text }) {
    const r = await fetch(new URL('messages', this.base), { method: 'POST', headers: this.headers, body: JSON.stringify({ to, text }) });
    if (!r.ok) { const e = new Error(`HTTP ${r.status}`); e.status = r.status; throw e; }
    return r.json();
  }
}
let provider;
function getProvider(secrets) { return provider || (provider = new HttpProvider({ base: API + '/v2/', headers: { authorization: `Bearer ${secrets.TOKEN}`, 'content-type': 'application/json' } })); }
exports.onExecuteSendPhoneMessage = async (event) => {
  const opts = Object.freeze({ to: event.message_options.recipient, text: event.message_options.text });
  const { id } = await getProvider(event.secrets).send(opts);
  console.info('sent %s', id);
};
