new CozeWebSDK.WebChatClient({config: {}, ui: {}})
