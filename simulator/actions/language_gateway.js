const axios = require('axios');

const TEXTS = {
  de: (code) => `${code} ist Ihr Code.`,
  en: (code) => `${code} is your code.`,
};

/**
 * Hands MFA texts to the company's SMS gateway, in the language of the message.
 *
 * @param {Event} event - Details about the user and the message that has to go out.
 */
exports.onExecuteSendPhoneMessage = async (event) => {
  const options = event.message_options;
  const text = TEXTS[options.language === 'de' ? 'de' : 'en'];

  const response = await axios.post(
    `${event.secrets.GATEWAY_URL}/v1/messages`,
    { to: options.recipient, text: text(options.code), reference: event.user.user_id },
    {
      headers: { authorization: `Bearer ${event.secrets.GATEWAY_API_KEY}`, 'content-type': 'application/json' },
      timeout: 8000,
      validateStatus: () => true,
    },
  );

  if (response.status !== 200 && response.status !== 202) {
    throw new Error(`SMS gateway answered ${response.status}`);
  }
};
