class SmsError extends Error { constructor(message, { cause, status } = {}) { super(message, { cause }); this.name = 'SmsError'; this.status = status; } }
exports.onExecuteSendPhoneMessage = async (event) => {
  let response;
  try {
    response = await fetch('https://api.sinch.com/v1/batches', { method: 'POST', headers: { authorization: `Bearer ${event.secrets.SINCH}` }, body: JSON.stringify({ to: [event.message_options.recipient], body: event.message_options.text }), signal: AbortSignal.timeout(7000) });
  } catch (cause) { throw new SmsError('network', { cause }); }
  if (!response.ok) throw new SmsError('rejected', { status: response.status });
};
