window.onload = function () {
  new window.CozeWebSDK.WebChatClient({
    config: { type: 'app', appInfo: { appId: '740001', workflowId: '740002', parameters: { city: 'Shenzhen', rooms: 2, ok: true, list: [1, 'a', null] } } },
    auth: { type: 'token', token: 'your token', onRefreshToken: async function () { return fetch('/t') } },
  });
};
