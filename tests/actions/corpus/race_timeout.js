const TIMEOUT = 7000;
const withTimeout = (promise, ms = TIMEOUT) => Promise.race([
  promise,
  new Promise((_, reject) => setTimeout(() => reject(new Error(`timeout after ${ms} ms`)), ms)),
]);
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient, text } = event.message_options;
  const response = await withTimeout(fetch(`https://api.smsapi.com/sms.do?format=json&to=${encodeURIComponent(recipient)}&message=${encodeURIComponent(text)}`, {
    headers: { Authorization: `Bearer ${event.secrets.SMSAPI_TOKEN}` },
  }));
  const json = await response.json();
  if (json.error) throw new Error(`SMSAPI ${json.error}: ${json.message}`);
};
