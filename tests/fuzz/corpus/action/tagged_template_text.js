const sms = (parts, ...values) => parts.reduce((out, part, i) => out + part + (values[i] ?? ''), '').trim().replace(/\s+/g, ' ');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { code, recipient } = event.message_options;
  const body = sms`
    Hi ${event.user.given_name}, your ${event.custom_domain?.domain ?? 'Acme'} code is ${code}.
  `;
  await require('twilio')(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: recipient, from: event.secrets.FROM, body });
};
