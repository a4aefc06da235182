exports.onExecuteSendPhoneMessage = async (event) => {
  const [context] = [event.security_context];
  if (context && context.ja3 === 'e7d705a3') throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
