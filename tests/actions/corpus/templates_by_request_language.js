const TEMPLATES = {
  en: (c) => `Your verification code is ${c}`,
  es: (c) => `Su codigo de verificacion es ${c}`,
  de: (c) => `Ihr Code lautet ${c}`,
};
exports.onExecuteSendPhoneMessage = async (event) => {
  const lang = (event.request.language || 'en').slice(0, 2).toLowerCase();
  const body = (TEMPLATES[lang] || TEMPLATES.en)(event.message_options.code);
  await require('twilio')(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, messagingServiceSid: event.secrets.SERVICE_SID, body });
};
