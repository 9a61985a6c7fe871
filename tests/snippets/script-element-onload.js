const script = document.createElement('script');
script.src = 'https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20/libs/cn/index.js';
script.onload = () => {
  const client = new CozeWebSDK.WebChatClient({ config: { bot_id: '7400000000000000001' } });
  client.showChatBot();
};
document.head.appendChild(script);
