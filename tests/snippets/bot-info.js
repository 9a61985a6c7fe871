new CozeWebSDK.WebChatClient({config: {bot_id: '1', botId: '2', botInfo: {botId: '7400000000000000001', parameters: {sku: 'T-1'}}}})
