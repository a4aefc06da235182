/** Create one message or call with Twilio's API. It fails on any status other than 2xx, and after 15 seconds. */
async function phonefleetTwilio(event, settings) {
  const { recipient, delivery_method: method, as_text: text, as_voice: voice } = event.notification;
  const spoken = method === 'voice';
  const form = new URLSearchParams({ To: recipient });
  if (!spoken && settings.messagingServiceSid) form.append('MessagingServiceSid', settings.messagingServiceSid);
  else if (settings.sender) form.append('From', settings.sender);
  else throw new Error('a call needs a sender number; a messaging service has none');
  if (spoken) form.append('Twiml', `<Response><Say>${phonefleetXml(voice)}</Say></Response>`);
  else form.append('Body', text);
  const token = event.secrets[settings.secret];
  if (!token) throw new Error(`the secret ${settings.secret} is missing from this Action`);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer within 15 seconds')), 15000);
  try {
    const account = `https://api.twilio.com/2010-04-01/Accounts/${settings.sid}`;
    const response = await fetch(`${account}/${spoken ? 'Calls' : 'Messages'}.json`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`${settings.sid}:${token}`).toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
      signal: controller.signal,
    });
    if (response.status < 200 || response.status > 299) throw new Error(`Twilio answered ${response.status}`);
  } finally {
    clearTimeout(timer);
  }
}

function phonefleetXml(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
