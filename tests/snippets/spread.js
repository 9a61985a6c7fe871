const common = { header: { isShow: false } };
new CozeWebSDK.WebChatClient({ config: { bot_id: '7400000000000000001' }, ui: { ...common, ...defaults, chatBot: { isNeedQuote: true } } });
