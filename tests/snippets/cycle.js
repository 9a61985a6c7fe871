const a = b; const b = a;
new CozeWebSDK.WebChatClient({ config: { bot_id: '7400000000000000001' }, ui: { base: { zIndex: a } } });
