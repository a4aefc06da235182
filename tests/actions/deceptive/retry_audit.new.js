// custom-phone-provider Action made from the send-phone-message Action "retry_audit".
// The function below contains the legacy code unchanged. It is loaded once, has its own module and runs in sloppy
// mode. It is called with a legacy event that has the documented legacy fields and no others.
const phonefleetLegacy = { exports: {} };
(function (exports, module) {
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const p = fetch('https://sms.example.com/send', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
  await fetch('https://audit.example.com/', { method: 'POST', body: event.user.user_id });
  await p;
};

}).call(phonefleetLegacy.exports, phonefleetLegacy.exports, phonefleetLegacy);
// Auth0 calls the handler without `this`, so it is read from its object first.
const phonefleetSend = phonefleetLegacy.exports.onExecuteSendPhoneMessage;

exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const type = event.notification.message_type;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    return phonefleetOther(event, api);
  }
  try {
    return await phonefleetSend(phonefleetEvent(event), phonefleetApi(api));
  } catch (error) {
    phonefleetFailed(error, api);
  }
};

/** Build the legacy event: message fields mapped by meaning; all other objects with their documented fields only. */
function phonefleetEvent(event) {
  const notification = event.notification;
  const spoken = notification.delivery_method === 'voice';
  const message = {
    action: notification.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication',
    code: notification.code,
    language: notification.locale,
    message_type: spoken ? 'voice' : 'sms',
    recipient: notification.recipient,
    text: spoken ? notification.as_voice : notification.as_text,
  };
  for (const key of Object.keys(message)) if (message[key] === undefined) delete message[key];
  const legacy = {
    message_options: message,
    request: phonefleetPick(event.request, ["geoip", "hostname", "ip", "language", "method", "user_agent"]),
    tenant: phonefleetPick(event.tenant, ["id"]),
    user: phonefleetPick(event.user, ["app_metadata", "created_at", "email", "email_verified", "family_name", "given_name", "last_password_reset", "multifactor", "name", "nickname", "phone_number", "phone_verified", "picture", "updated_at", "user_id", "user_metadata", "username"]),
  };
  if (event.custom_domain) {
    legacy.custom_domain = phonefleetPick(event.custom_domain, ["domain", "domain_metadata"]);
  }
  if (event.transaction) legacy.transaction = phonefleetPick(event.transaction, ["correlation_id"]);
  if (event.configuration) legacy.configuration = event.configuration;
  legacy.secrets = event.secrets;
  if (event.client) {
    legacy.client = phonefleetPick(event.client, ["client_id", "metadata", "name"]);
    if (event.client.metadata !== undefined) legacy.client.client_metadata = phonefleetCopy(event.client.metadata);
  }
  return legacy;
}

/** Copy the named fields that exist, in their original order. */
function phonefleetPick(from, names) {
  const kept = Object.entries(from || {}).filter(([name]) => names.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, phonefleetCopy(value)]));
}

/** Copy plain data, so that legacy code that changes its event changes nothing else. */
function phonefleetCopy(value) {
  if (Array.isArray(value)) return value.map(phonefleetCopy);
  if (value === null || typeof value !== 'object') return value;
  return phonefleetPick(value, Object.keys(value));
}

/** The api of the legacy trigger: the cache. */
function phonefleetApi(api) {
  return {
    cache: {
      get: (...args) => api.cache.get(...args),
      set: (...args) => api.cache.set(...args),
      delete: (...args) => api.cache.delete(...args),
    },
  };
}

/** Drop notification types that the legacy trigger did not have: no MFA message may be sent for them. */
function phonefleetOther(event, api) {
  api.notification.drop(`notification type ${event.notification.message_type} is not sent by this Action`);
}

/**
 * Retry only if no connection was made: this Action makes at most one outbound call, so nothing was sent.
 * Drop the notification after any other error, because a retry could send the message twice.
 */
function phonefleetFailed(error, api) {
  const code = error && (error.code || (error.cause && error.cause.code));
  if (['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED'].includes(code)) {
    api.notification.retry(phonefleetReason(error));
  } else {
    api.notification.drop(phonefleetReason(error));
  }
}

function phonefleetReason(error) {
  return String((error && error.message) || error).slice(0, 500);
}
