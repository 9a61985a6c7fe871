import { useEffect } from 'react';

export function Chat({ title }: { title: string }) {
  useEffect(() => {
    const client = new window.CozeWebSDK.WebChatClient({
      config: { bot_id: process.env.BOT_ID, botId: '7400000000000000001' },
      ui: { chatBot: { title } },
    });
    return () => client.destroy();
  }, []);
  return <div id="chat"><script src="https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20/libs/cn/index.js"></script></div>;
}
