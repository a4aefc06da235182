const { EventEmitter, once } = require('events');
class Bus extends EventEmitter {}
exports.onExecuteSendPhoneMessage = async (event) => {
  const bus = new Bus();
  bus.on('send', async (m) => { const r = await fetch('https://x.example/send', { method: 'POST', body: JSON.stringify(m) }); bus.emit('done', r.status); });
  const p = once(bus, 'done');
  bus.emit('send', { to: event.message_options.recipient, text: event.message_options.text });
  const [status] = await p;
  if (status >= 400) throw new Error(String(status));
};
