# ruff: noqa: E501  (JavaScript reads best on one line)
"""Small Actions with correct translations written by hand, so that the verifier is tested on its own."""

HEAD_LEGACY = """
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { recipient: to, text, code, message_type: kind, action } = event.message_options;
  const spoken = kind === 'voice', purpose = action === 'enrollment' ? 'enroll' : 'verify';
"""
HEAD_NEW = """
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const n = event.notification;
  if (n.message_type !== 'otp_enroll' && n.message_type !== 'otp_verify') {
    api.notification.drop('no one-time code');
    return;
  }
  const { recipient: to, code } = n;
  const spoken = n.delivery_method === 'voice', purpose = n.message_type === 'otp_enroll' ? 'enroll' : 'verify';
  const text = spoken ? n.as_voice : n.as_text;
  try {
"""
TAIL_NEW = """
  } catch (error) {
    api.notification.drop(String(error && error.message));
  }
};
"""


def legacy(body, top=""):
    """A legacy Action with ``to``, ``text``, ``code``, ``spoken``, ``purpose`` and ``event.secrets`` at hand."""
    return f"{top}{HEAD_LEGACY}{body}\n}};\n"


def new(body, top=""):
    """The right translation of ``legacy(body, top)``."""
    return f"{top}{HEAD_NEW}{body}{TAIL_NEW}"


BODIES = {
    "fetch": """
      const response = await fetch(`${event.secrets.API_URL}/send?kind=${purpose}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${event.secrets.API_KEY}` },
        body: JSON.stringify({ to, text, spoken }),
      });
      if (!response.ok) throw new Error(`gateway answered ${response.status}: ${await response.text()}`);
    """,
    "fetch form": """
      const body = new URLSearchParams({ To: to, Body: text });
      const who = Buffer.from(`${event.secrets.SID}:${event.secrets.TOKEN}`).toString('base64');
      const response = await fetch('https://api.example/Messages.json', { method: 'POST', headers: { Authorization: `Basic ${who}` }, body });
      const data = await response.json();
      if (data.status === 'failed') throw new Error(data.message);
    """,
    "fetch with a deadline": """
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), 4000);
      try {
        await fetch('https://api.example/', { method: 'POST', body: `${to} ${code}`, signal: controller.signal });
      } catch (error) {
        if (error.name === 'AbortError') throw new Error('too slow');
        throw error;
      } finally { clearTimeout(timer); }
    """,
    "axios": """
      const axios = require('axios');
      try {
        await axios.post('https://api.example/sms', { to, text }, { headers: { 'X-Key': event.secrets.KEY }, timeout: 5000 });
      } catch (error) {
        throw new Error(error.response ? `status ${error.response.status} ${error.response.data.message}` : error.code);
      }
    """,
    "axios with retries": """
      const axios = require('axios');
      for (let attempt = 0; ; attempt++) {
        try { await axios({ method: 'post', url: 'https://api.example/', data: { to, text, attempt } }); return; }
        catch (error) {
          const status = error.response && error.response.status;
          if (attempt === 2 || (status && status < 429)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
        }
      }
    """,
    "got": """
      const got = require('got');
      const { id } = await got.post('https://api.example/sms', { json: { to, text }, timeout: { request: 3000 } }).json();
      if (!id) throw new Error('no id');
    """,
    "node-fetch": """
      const fetch = require('node-fetch');
      const response = await fetch('https://api.example', { method: 'POST', body: JSON.stringify({ to, text }) });
      if (response.status >= 400) throw new Error(response.statusText);
    """,
    "undici": """
      const { request } = require('undici');
      const { statusCode, body } = await request('https://api.example', { method: 'POST', body: JSON.stringify({ to, text }) });
      if (statusCode >= 400) throw new Error(await body.text());
    """,
    "request": """
      const request = require('request');
      await new Promise((resolve, reject) => request.post({ url: 'https://api.example', json: true, body: { to, text } }, (error, response, body) => {
        if (error) return reject(error);
        return response.statusCode >= 400 ? reject(new Error(body.message)) : resolve(body);
      }));
    """,
    "https": """
      const https = require('https');
      await new Promise((resolve, reject) => {
        const request = https.request({ hostname: 'api.example', path: '/sms', method: 'POST', headers: { 'X-Key': event.secrets.KEY } }, (response) => {
          let body = '';
          response.on('data', (chunk) => { body += chunk; });
          response.on('end', () => (response.statusCode < 300 ? resolve(body) : reject(new Error(body))));
        });
        request.on('error', reject);
        request.setTimeout(2500, () => request.destroy(new Error('timeout')));
        request.write(JSON.stringify({ to, text }));
        request.end();
      });
    """,
    "superagent": """
      const superagent = require('superagent');
      await superagent.post('https://api.example/sms').set('X-Key', event.secrets.KEY).timeout(3000).send({ to, text });
    """,
    "twilio": """
      const client = require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN);
      if (spoken) {
        const { VoiceResponse } = require('twilio').twiml;
        const twiml = new VoiceResponse();
        twiml.say({ language: 'en' }, text);
        await client.calls.create({ to, from: event.secrets.FROM, twiml: twiml.toString() });
      } else {
        const sent = await client.messages.create({ to, from: event.secrets.FROM, body: text });
        if (sent.errorCode) throw new Error(sent.errorMessage);
      }
    """,
    "twilio with a callback": """
      const twilio = require('twilio');
      const client = new twilio.Twilio(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN);
      await new Promise((resolve, reject) => client.messages.create({ to, from: '+1555', body: text }, (error, sent) => (error ? reject(error) : resolve(sent))));
    """,
    "aws v2": """
      const AWS = require('aws-sdk');
      AWS.config.update({ region: event.secrets.AWS_REGION });
      const sns = new AWS.SNS({ credentials: new AWS.Credentials(event.secrets.AWS_ID, event.secrets.AWS_SECRET) });
      await sns.publish({ Message: text, PhoneNumber: to }).promise();
    """,
    "aws v3": """
      const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');
      const client = new SNSClient({ region: event.secrets.AWS_REGION });
      try { await client.send(new PublishCommand({ Message: text, PhoneNumber: to })); }
      catch (error) { throw new Error(`${error.name} ${error.$metadata && error.$metadata.httpStatusCode}`); }
    """,
    "messagebird": """
      const messagebird = require('messagebird').initClient(event.secrets.KEY);
      await new Promise((resolve, reject) => messagebird.messages.create({ originator: 'Acme', recipients: [to], body: text }, (error, sent) => (error ? reject(error) : resolve(sent))));
    """,
    "vonage": """
      const { Vonage } = require('@vonage/server-sdk');
      const vonage = new Vonage({ apiKey: event.secrets.KEY, apiSecret: event.secrets.SECRET });
      await vonage.sms.send({ to, from: 'Acme', text });
    """,
    "an unknown package": """
      const Sender = require('@some-vendor/sms');
      const sender = new Sender(event.secrets.KEY, { region: 'eu' });
      const result = await sender.messages.send({ to, text });
      if (result.failed === true) throw new Error('failed');
    """,
    "a token first": """
      const axios = require('axios').default;
      const form = new URLSearchParams({ grant_type: 'client_credentials', client_secret: event.secrets.SECRET });
      const { data } = await axios.post('https://auth.example/token', form);
      await axios.post('https://api.example/sms', { to, text }, { headers: { Authorization: `Bearer ${data.access_token}` } });
    """,
    "jsonwebtoken": """
      const jwt = require('jsonwebtoken');
      const token = jwt.sign({ tenant: event.tenant.id }, event.secrets.KEY, { expiresIn: '5m' });
      await fetch('https://api.example', { method: 'POST', headers: { Authorization: token }, body: JSON.stringify({ to, code }) });
    """,
    "sent and not awaited": """
      fetch('https://api.example', { method: 'POST', body: JSON.stringify({ to, text }) }).catch(() => {});
    """,
    "sent after returning": """
      setTimeout(() => fetch('https://api.example', { method: 'POST', body: JSON.stringify({ to, text }) }).catch(() => {}), 50);
    """,
}

# One Action that uses much of what a translation can get wrong: the table of mutations works on it.
RICH = (
    """
    const retries = Number(event.secrets.RETRIES || 1) > 0 ? 2 : 1;
    for (let attempt = 1; attempt <= retries; attempt++) {
      const client = axios.create({ baseURL: event.secrets.API_URL, headers: { 'X-Tenant': event.tenant.id } });
      try {
        await client.post(spoken ? '/calls' : '/messages', { to, text, code, purpose, lang: event.request.language || 'en', who: event.user.user_id }, {
          headers: { Authorization: `Bearer ${event.secrets.API_KEY}`, 'X-Other': event.secrets.OTHER_KEY },
        });
        count += 1;
        await fetch('https://log.example', { method: 'POST', body: JSON.stringify({ count, user: event.user.user_id }) });
        return;
      } catch (error) {
        if (attempt === retries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
""",
    "const axios = require('axios');\nlet count = 0;\n",
)
