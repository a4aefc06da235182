const _ = require('lodash');
const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const to = _.get(event, 'message_options.recipient');
  const text = _.get(event, ['message_options', 'text'], '');
  const lang = _.get(event, 'user.user_metadata.lang', 'en');
  if (_.isEmpty(to)) throw new Error('no recipient');
  const body = _.pickBy({ to, text: _.truncate(text, { length: 160 }), lang, appId: _.get(event, 'client.client_id') }, _.identity);
  await axios.post(_.trimEnd(event.secrets.SMS_BASE_URL, '/') + '/send', body);
};
