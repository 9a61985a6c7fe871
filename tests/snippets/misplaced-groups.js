new CozeWebSDK.WebChatClient({
  config: { bot_id: '7400000000000000001', chatBot: { isNeedAudio: true } },
  footer: { isShow: true, expressionText: 'By {{us}}', linkvars: { us: { text: 'us', link: 'https://shop.example/' } } },
  header: { isShow: false, isNeedClose: false },
  ui: { header: { isShow: true } },
});
