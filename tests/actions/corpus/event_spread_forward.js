const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { secrets, ...rest } = event;
  await axios.post(secrets.LAMBDA_URL, rest, { headers: { 'x-api-key': secrets.API_KEY } });
};
