exports.onExecuteSendPhoneMessage = async (event) => {
  const sid = event.secrets.TWILIO_ACCOUNT_SID;
  const form = new URLSearchParams();
  form.append('To', event.message_options.recipient);
  form.append('From', event.secrets.FROM);
  form.append('Body', event.message_options.text);
  const credentials = Buffer.from(sid + ':' + event.secrets.TWILIO_AUTH_TOKEN).toString('base64');
  const res = await fetch('https://api.twilio.com/2010-04-01/Accounts/' + sid + '/Messages.json', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: 'Basic ' + credentials },
    body: form.toString(),
  });
  const data = await res.json();
  if (res.status >= 400) throw new Error(data.message);
};
