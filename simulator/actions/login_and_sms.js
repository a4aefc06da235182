const axios = require('axios');

const RISKY = 70;

async function riskOf(event) {
  const answer = await axios.get('https://risk.example.com/score', {
    params: { user: event.user.user_id, ip: event.request.ip },
    headers: { 'x-api-key': event.secrets.RISK_API_KEY },
    timeout: 2000,
  });
  return answer.data.score;
}

/**
 * Asks for a second factor when the sign-in looks risky.
 */
exports.onExecutePostLogin = async (event, api) => {
  if ((await riskOf(event)) >= RISKY) {
    api.multifactor.enable('any');
  }
};

/**
 * Sends the second factor's text through the SMS service.
 */
exports.onExecuteSendPhoneMessage = async (event) => {
  await axios.post(
    event.secrets.SMS_API_URL,
    { number: event.message_options.recipient, message: event.message_options.text },
    { headers: { 'x-api-key': event.secrets.SMS_API_KEY }, timeout: 5000 }
  );
};
