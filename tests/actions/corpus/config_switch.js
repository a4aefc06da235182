exports.onExecuteSendPhoneMessage = async (event) => {
  if (event.configuration.ENABLED !== 'yes') return;
  if (!event.client.metadata.sms_url) throw new Error('none');
  await fetch(event.client.metadata.sms_url, { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
