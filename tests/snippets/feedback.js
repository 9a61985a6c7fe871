new CozeWebSDK.WebChatClient({
  config: { bot_id: "7400000000000000001" },
  ui: {
    chatBot: {
      feedback: {
        isNeedFeedback: true,
        feedbackPanel: {
          title: "What was wrong?",
          placeholder: "Tell us",
          tags: [{ label: "Too long" }, { label: "Other", isNeedDetail: true }],
        },
      },
    },
  },
});
