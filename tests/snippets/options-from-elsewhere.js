import options from './options';
new CozeWebSDK.WebChatClient(options);
