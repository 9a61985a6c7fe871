new CozeWebSDK.WebChatClient({config: {bot_id: '7400000000000000001',, type: 'bot'}, ui: {base: {lang: 'en' zIndex: 7}}});
