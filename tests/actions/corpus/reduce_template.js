const T = { en: 'Your code for {{app}} is {{code}}', fr: 'Votre code pour {{app}} est {{code}}', de: 'Ihr Code: {{code}}' };
const render = (t, v) => t.replace(/\{\{(\w+)\}\}/g, (_, k) => v[k] ?? '');
exports.onExecuteSendPhoneMessage = async ({ message_options, client, secrets, user }) => {
  const lang = (user?.user_metadata?.locale || message_options.language || 'en').slice(0, 2);
  const text = render(T[lang] || T.en, { app: client?.name, code: message_options.code });
  await require('axios')({ method: 'post', url: 'https://x.example/send', auth: { username: secrets.USER, password: secrets.PASS }, data: { to: message_options.recipient, text } });
};
