new CozeWebSDK.WebChatClient({config: {bot_id: '7400000000000000001', botInfo: {parameters: {a: ['\x70at_@LETTERS@'], b: 1}}}, ui: {chatBot: {title: 'a @PAT@'}, '@PAT@': 1, base: {icon: {}}}});
