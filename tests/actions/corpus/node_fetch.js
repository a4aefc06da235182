const fetch = require('node-fetch');

exports.onExecuteSendPhoneMessage = async (event) => {
  const res = await fetch(`https://api.plivo.example/v1/Account/${event.secrets.ID}/Message/`, {
    method: 'post',
    body: JSON.stringify({ src: event.secrets.SRC, dst: event.message_options.recipient, text: event.message_options.text }),
    headers: { 'Content-Type': 'application/json' },
  });
  if (res.status !== 202 && res.status !== 200) throw new Error(`status ${res.status}`);
};
