exports.onExecuteSendPhoneMessage = async (event) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 3000);
  try {
    const res = await fetch('https://api.sms.example/messages', {
      method: 'POST',
      signal: controller.signal,
      headers: { apikey: event.secrets.KEY },
      body: JSON.stringify({ msisdn: event.message_options.recipient, otp: event.message_options.code }),
    });
    if (!res.ok) throw new Error('status ' + res.status);
  } finally {
    clearTimeout(timer);
  }
};
