new CozeWebSDK.WebChatClient()
