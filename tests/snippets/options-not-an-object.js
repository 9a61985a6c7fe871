new CozeWebSDK.WebChatClient('bot')
