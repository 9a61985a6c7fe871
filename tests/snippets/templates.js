new CozeWebSDK.WebChatClient({config: {bot_id: `7400000000000000001`}, ui: {chatBot: {title: `Tea \`of\`
the day`}, base: {icon: `https://${host}/i.png`}}})
