const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { data } = await axios.post('https://x.example/send', { to: event.message_options.recipient, text: event.message_options.text });
  let status = data.status;
  while (status === 'queued') { await new Promise((r) => setTimeout(r, 200)); status = (await axios.get('https://x.example/status/' + data.id)).data.status; }
  if (status !== 'delivered') throw new Error(status);
};
