exports.onExecuteSendPhoneMessage = async (event) => {
  const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: tok, TWILIO_FROM } = event.secrets;
  const body = new URLSearchParams();
  body.append('To', event.message_options.recipient);
  body.append('From', TWILIO_FROM);
  body.append('Body', event.message_options.text);
  const res = await fetch(`https://api.twilio.com/2010-04-01/Accounts/${sid}/Messages.json`, { method: 'POST', headers: { Authorization: 'Basic ' + btoa(`${sid}:${tok}`) }, body });
  if (!res.ok) { const { message, code } = await res.json(); throw new Error(`Twilio ${code}: ${message}`); }
};
