exports.onExecuteSendPhoneMessage = async (event) => {
  switch (event.secrets.PROVIDER) {
    case 'twilio': {
      const client = require('twilio')(event.secrets.SID, event.secrets.TOKEN);
      await client.messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
      break;
    }
    case 'vonage':
      await fetch('https://rest.nexmo.com/sms/json', { method: 'POST', body: new URLSearchParams({ to: event.message_options.recipient, text: event.message_options.text, api_key: event.secrets.KEY }) });
      break;
    default:
      throw new Error('PROVIDER is not configured');
  }
};
