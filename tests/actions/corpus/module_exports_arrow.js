'use strict';
const send = async (event) => {
  const url = `${event.secrets.API_URL}/v1/messages`;
  const res = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'api-key': event.secrets.API_KEY }, body: JSON.stringify({ phone: event.user.phone_number || event.message_options.recipient, text: event.message_options.text }) });
  if (res.status === 401) throw new Error('unauthorised');
};
module.exports = { onExecuteSendPhoneMessage: send };
