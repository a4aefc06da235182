const M = { sms: 'SMS', voice: 'CALL' }; const A = { enrollment: 1, 'second-factor-authentication': 2 };
exports.onExecuteSendPhoneMessage = async ({ message_options: { message_type: t, action, recipient, text } }) => {
  await fetch('https://x.example', { method: 'POST', body: [M[t], A[action], recipient, text].join() });
};
