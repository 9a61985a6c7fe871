const bot_id = '7400000000000000001';
let title = 'Tea';
const config = { bot_id };
const ids = { zIndex: 3000 };
const options = { config, ui: { chatBot: { title }, base: { zIndex: ids.zIndex, layout: ids['layout'] } } };
new CozeWebSDK.WebChatClient(options);
