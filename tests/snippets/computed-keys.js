const key = 'bot_id';
new CozeWebSDK.WebChatClient({config: {[key]: '7400000000000000001', [name()]: 1}, ['ui']: {base: {lang: 'en'}}})
