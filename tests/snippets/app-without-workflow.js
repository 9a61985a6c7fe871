new CozeWebSDK.WebChatClient({config: {type: 'app', appInfo: {appId: '1'}}})
