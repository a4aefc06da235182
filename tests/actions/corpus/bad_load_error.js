const settings = JSON.parse(process.env.SMS_SETTINGS_THAT_NOBODY_SET || '{');
exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch(settings.url, { method: 'POST', body: event.message_options.text });
};
