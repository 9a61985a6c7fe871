new CozeWebSDK.WebChatClient({config: {bot_id: 'my-bot'}})
