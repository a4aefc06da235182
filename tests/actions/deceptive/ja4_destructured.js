exports.onExecuteSendPhoneMessage = async (event) => {
  const { security_context: { ja4 } = {} } = event;
  if (ja4 === 't13d1516h2_8daaf6152771_b186095e22b6') throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
