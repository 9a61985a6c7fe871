let title = 'Tea'; title = 'Coffee';
let width = 400; width++;
const config = { bot_id: '7400000000000000001' };
new CozeWebSDK.WebChatClient({ config, ui: { chatBot: { title, width }, base: { lang: window.lang, icon } } });
