exports.onExecuteSendPhoneMessage = async (event) => {
  const msg = event.message_options;
  const isVoice = msg.message_type === 'voice';
  const url = isVoice ? event.secrets.VOICE_URL : event.secrets.SMS_URL;
  const body = { to: msg.recipient, from: event.secrets.FROM, [isVoice ? 'speech' : 'text']: msg.text, tag: msg.action };
  const res = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Api-Key': event.secrets.KEY }, body: JSON.stringify(body) });
  if (!res.ok) throw new Error(`provider said ${res.status}`);
};
