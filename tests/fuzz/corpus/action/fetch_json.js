exports.onExecuteSendPhoneMessage = async (event) => {
  const { BASE_URL, KEY } = event.secrets;
  const url = new URL('/send-sms', BASE_URL);
  const response = await fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: event.message_options.text, phoneNumber: event.message_options.recipient }),
  });
  if (!response.ok) {
    const detail = await response.text();
    throw new Error(`provider answered ${response.status}: ${detail}`);
  }
};
