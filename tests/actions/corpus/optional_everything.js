exports.onExecuteSendPhoneMessage = async (event, api) => {
  const to = event?.message_options?.recipient, body = event?.message_options?.text ?? '';
  if (!to) return;
  const ctx = { ua: event.request?.user_agent?.slice(0, 40), host: event.request?.hostname ?? null, city: event.request?.geoip?.cityName, app: event.client?.client_id };
  const res = await fetch(event.secrets.URL, { method: 'POST', body: JSON.stringify({ to, body, ctx }) });
  if (!res?.ok) throw new Error(`HTTP ${res?.status}`);
};
