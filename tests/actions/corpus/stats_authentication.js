exports.onExecuteSendPhoneMessage = async (event) => {
  const first = event.stats && event.stats.logins_count === 1;
  const conn = event.connection ? event.connection.name : 'none';
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ first, conn, to: event.message_options.recipient, text: event.message_options.text }) });
};
