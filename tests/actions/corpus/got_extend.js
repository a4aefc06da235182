const got = require('got');
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const client = got.extend({
    prefixUrl: event.secrets.GATEWAY_BASE,
    headers: { authorization: `Basic ${Buffer.from(`${event.secrets.USER}:${event.secrets.PASS}`).toString('base64')}` },
    responseType: 'json',
    retry: 2,
    hooks: { beforeRequest: [(options) => { options.headers['x-tenant'] = event.tenant.id; }] },
  });
  await client.post('v1/sms', { json: { msisdn: event.message_options.recipient, message: event.message_options.text } });
};
