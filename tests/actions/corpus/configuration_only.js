exports.onExecuteSendPhoneMessage = async (event) => {
  const { GATEWAY, SENDER = 'ACME' } = event.configuration;
  const res = await fetch(`${GATEWAY}/send`, { method: 'POST', body: JSON.stringify({ s: SENDER, to: event.message_options.recipient, text: event.message_options.text }) });
  if (!res.ok) throw new Error('x');
};
