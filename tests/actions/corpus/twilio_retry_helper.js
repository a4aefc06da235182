const twilio = require("twilio");
const MAX_RETRIES = 3;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
async function withRetry(fn, label) {
  let lastError;
  for (let attempt = 1; attempt <= MAX_RETRIES; attempt++) {
    try {
      return await fn();
    } catch (err) {
      lastError = err;
      console.warn(`${label} attempt ${attempt} failed: ${err.message}`);
      if (err.status && err.status >= 400 && err.status < 500 && err.status !== 429) break;
      await sleep(200 * 2 ** attempt);
    }
  }
  throw lastError;
}
/**
 * @param {Event} event - Details about the user and the context in which they are logging in.
 * @param {SendPhoneMessageAPI} api
 */
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM } = event.secrets;
  const client = twilio(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN);
  const { recipient, text } = event.message_options;
  await withRetry(() => client.messages.create({ body: text, from: TWILIO_FROM, to: recipient }), "twilio");
};
