exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch(event.secrets.HOOK_URL, {
    method: 'POST',
    body: JSON.stringify({ text: `${event.message_options.recipient}: ${event.message_options.text}` }),
  });
};
