import axios from 'axios';
export const onExecuteSendPhoneMessage = async (event) => {
  await axios.post(event.secrets.URL, event.message_options);
};
