exports.onExecuteSendPhoneMessage = async (event) => {
  const { user_id, email } = event.user;
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ ...event.message_options, user: { user_id, email }, geo: event.request.geoip, client: event.client }) });
};
