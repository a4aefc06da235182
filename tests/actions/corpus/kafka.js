const { Kafka } = require('kafkajs');
exports.onExecuteSendPhoneMessage = async (event) => {
  const producer = new Kafka({ clientId: 'auth0', brokers: event.secrets.BROKERS.split(',') }).producer();
  await producer.connect();
  try { await producer.send({ topic: 'sms', messages: [{ key: event.user.user_id, value: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) }] }); } finally { await producer.disconnect(); }
};
