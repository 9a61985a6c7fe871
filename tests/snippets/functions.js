new CozeWebSDK.WebChatClient({
  config: { bot_id: '7400000000000000001' },
  ui: { base: { lang: getLang(), zIndex: 1 + 1, layout: isPhone ? 'mobile' : 'pc' },
    chatBot: { title() { return 'x' }, width: () => 3, onShow: () => {}, onBeforeHide() { return false }, el: document.querySelector('#c') } },
});
