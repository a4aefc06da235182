/** Send one POST request to the gateway. It fails on any status other than 200, and after 15 seconds: Auth0 ends this Action after 20. */
async function phonefleetGateway(event, settings) {
  const request = { recipient: event.notification.recipient, body: event.notification.as_text };
  if (settings.sender) request.sender = settings.sender;
  if (settings.forwardReqInfo) {
    const { ip, user_agent: userAgent } = event.request || {};
    request.req = { ip, 'user-agent': userAgent };
  }
  const headers = { 'Content-Type': 'application/json' };
  if (settings.authentication) {
    headers.Authorization = `Bearer ${phonefleetToken(event.secrets[settings.secret], settings.authentication)}`;
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer within 15 seconds')), 15000);
  try {
    const response = await fetch(settings.url, {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
      redirect: 'manual',
      signal: controller.signal,
    });
    if (response.status !== 200) throw new Error(`the SMS gateway answered ${response.status}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Create the token for the Authorization header as Auth0 did: a JWT signed with HS256 and the shared secret. */
function phonefleetToken(secret, { subject, audience, secretBase64 }) {
  if (!secret) throw new Error('the shared secret of the SMS gateway is missing from the secrets of this Action');
  const claims = { iat: Math.floor(Date.now() / 1000), sub: subject, aud: audience };
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  const key = secretBase64 ? Buffer.from(secret, 'base64') : secret;
  return `${signed}.${require('crypto').createHmac('sha256', key).update(signed).digest('base64url')}`;
}
