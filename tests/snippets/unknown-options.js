new CozeWebSDK.WebChatClient({
  config: { bot_id: '7400000000000000001', baseURL: 'https://api.example', custom_variables: { a: 1 } },
  userInfo: null, setting: { apiBaseUrl: 'x' }, ui: { chatBot: { position: 'left', isNeedClearMessage: true }, theme: { dark: true } }, extra: { webChat: {} },
});
