new CozeWebSDK.WebChatClient({config: {bot_id: '1'}});
new CozeWebSDK.WebChatClient({config: {bot_id: '2'}});
