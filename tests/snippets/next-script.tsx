import Script from 'next/script';

export default () => (
  <>
    <Script src="https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20/libs/cn/index.js" />
    <Script id="coze">{`
      new CozeWebSDK.WebChatClient({config: {bot_id: "7400000000000000001"}});
    `}</Script>
  </>
);
