new CozeWebSDK.WebChatClient({bot_id: '7400000000000000001', base: {lang: 'en'}, ui: 7})
