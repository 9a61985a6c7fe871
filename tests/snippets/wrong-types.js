new CozeWebSDK.WebChatClient({
  config: { bot_id: '7400000000000000001', type: 'robot', botInfo: [] },
  ui: {
    base: { lang: 'fr', zIndex: '10', icon: 'javascript:alert(1)', layout: 3 },
    header: { isShow: 'no' },
    asstBtn: { isNeed: 1 },
    chatBot: { width: 1e9, title: null, uploadable: undefined, isNeedQuote: !0, isNeedAudio: void 0 },
    footer: { linkvars: 'none' },
  },
});
