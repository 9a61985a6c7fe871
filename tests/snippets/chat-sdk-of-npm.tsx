import { ChatFramework } from '@coze/chat-sdk';
export const Chat = () => <ChatFramework chat={{ appId: '1' }} />;
