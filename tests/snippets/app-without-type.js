new CozeWebSDK.WebChatClient({config: {appInfo: {appId: '1', workflowId: '2'}}})
