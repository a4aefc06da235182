const { XMLBuilder } = require('fast-xml-parser');
const got = require('got');
exports.onExecuteSendPhoneMessage = async (event) => {
  const builder = new XMLBuilder({ ignoreAttributes: false });
  const xml = builder.build({ sms: { '@_type': 'otp', to: event.message_options.recipient, text: event.message_options.text } });
  const { body } = await got.post(event.secrets.XML_ENDPOINT, { body: xml, headers: { 'content-type': 'text/xml' }, timeout: { request: 4000 }, retry: { limit: 0 } });
  if (!/<status>0<\/status>/.test(body)) console.warn('unexpected answer', body);
};
