new CozeWebSDK.WebChatClient({ config: { bot_id: "7400000000000000001" }, ui: { chatBot: { feedback: { feedbackPanel: { tags: "Too long" } } } } });
