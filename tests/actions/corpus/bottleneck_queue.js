const PQueue = [];
let running = false;
async function drain() {
  if (running) return;
  running = true;
  try { while (PQueue.length) { const job = PQueue.shift(); await job(); } } finally { running = false; }
}
const enqueue = (fn) => new Promise((resolve, reject) => { PQueue.push(() => fn().then(resolve, reject)); drain(); });
exports.onExecuteSendPhoneMessage = (event) => enqueue(async () => {
  const res = await fetch('https://sms.example.com/send', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text, key: event.secrets.KEY }) });
  if (!res.ok) throw new Error('status ' + res.status);
});
