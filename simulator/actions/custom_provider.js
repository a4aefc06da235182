const axios = require('axios');

/**
 * Sends every phone notification of the tenant through the company's gateway.
 *
 * @param {Event} event - Details about the notification.
 * @param {CustomPhoneProviderAPI} api - Methods to drop or to retry a notification.
 */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient, delivery_method: method, as_text: text, as_voice: voice } = event.notification;

  const response = await axios.post(
    `${event.secrets.GATEWAY_URL}/v2/notifications`,
    { to: recipient, channel: method, content: method === 'voice' ? voice : text },
    {
      headers: { authorization: `Bearer ${event.secrets.GATEWAY_API_KEY}` },
      timeout: 10000,
      validateStatus: () => true,
    }
  );

  if (response.status >= 500) {
    api.notification.retry(`gateway answered ${response.status}`);
  } else if (response.status >= 400) {
    api.notification.drop(`gateway answered ${response.status}`);
  }
};
