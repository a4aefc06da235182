const { createHmac, randomUUID } = require('node:crypto'); const { setTimeout: sleep } = require('node:timers/promises'); const assert = require('node:assert');
exports.onExecuteSendPhoneMessage = async (event) => {
  assert(event.secrets.KEY, 'no key');
  const id = randomUUID(); await sleep(20);
  const s = createHmac('sha512', event.secrets.KEY).update(id).digest('base64url');
  await globalThis.fetch('https://x.example', { method: 'POST', headers: { id, s }, body: event.message_options.recipient + event.message_options.text });
};
