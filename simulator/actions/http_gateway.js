const axios = require('axios');

/**
 * Hands MFA texts to the company's SMS gateway.
 *
 * @param {Event} event - Details about the user and the message that has to go out.
 */
exports.onExecuteSendPhoneMessage = async (event) => {
  const options = event.message_options;
  const enrolling = options.action === 'enrollment';

  const payload = {
    to: options.recipient,
    text: options.text,
    purpose: enrolling ? 'enroll' : 'login',
    locale: event.request.language || 'en',
    application: event.client && event.client.name,
    segment: (event.client && event.client.metadata && event.client.metadata.segment) || 'default',
    reference: `${event.tenant.id}:${event.user.user_id}`,
    origin: { ip: event.request.ip, country: event.request.geoip && event.request.geoip.countryCode },
  };

  const response = await axios.post(`${event.secrets.GATEWAY_URL}/v1/messages`, payload, {
    headers: { authorization: `Bearer ${event.secrets.GATEWAY_API_KEY}`, 'content-type': 'application/json' },
    timeout: 8000,
    validateStatus: () => true,
  });

  if (response.status !== 200 && response.status !== 202) {
    throw new Error(`SMS gateway answered ${response.status}`);
  }
};
