interface Options { config: unknown }
const botId: string = '7400000000000000001';
const options = { config: { botId }, ui: { base: { lang: 'zh-CN' as const } } } satisfies Options;
const client = new (window as any).CozeWebSDK.WebChatClient(options!);
export default client;
