const axios = require('axios');
const TEXTS = { en: 'Your code is', es: 'Su clave es', fr: 'Votre code est' };

exports.onExecuteSendPhoneMessage = async (event) => {
  const wanted = event?.request?.language ?? event.user?.user_metadata?.lang ?? 'en';
  const language = wanted.split(/[-_,;]/)[0];
  const text = `${TEXTS[language] || TEXTS.en} ${event.message_options.code}`;
  await axios.post(event.secrets.URL, { to: event.message_options?.recipient, text, country: event.request?.geoip?.countryCode });
};
