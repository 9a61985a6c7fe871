new CozeWebSDK.WebChatClient({config: {bot_id: '7400000000000000001'}, ui: {chatBot: {title: '\u8336 \x54 \u{1F375} \uD83C\uDF75 it\'s a\
 line'}}})
