const Joi = require('joi'); const axios = require('axios');
const schema = Joi.object({ to: Joi.string().pattern(/^\+\d+$/).required(), text: Joi.string().max(300) });
exports.onExecuteSendPhoneMessage = async (event) => {
  const { error, value } = schema.validate({ to: event.message_options.recipient, text: event.message_options.text });
  if (error) throw error;
  await axios.post('https://x.example', value);
};
