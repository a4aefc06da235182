const Prelude = require('@prelude.so/sdk');

exports.onExecuteSendPhoneMessage = async (event) => {
  const client = new Prelude({ apiToken: event.secrets.PRELUDE_KEY });
  const { recipient, code } = event.message_options;
  const { ip, language } = event.request;
  await client.verification.create({
    target: { type: 'phone_number', value: recipient },
    signals: { ip },
    options: { locale: language, custom_code: code },
  });
};
