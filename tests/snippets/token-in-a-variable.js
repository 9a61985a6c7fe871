const token = "@SAT@";
new CozeWebSDK.WebChatClient({config: {bot_id: '7400000000000000001', sdk_verify_token: 'abcdefghijklmnop0123456789'}, auth: {type: 'token', token}});
