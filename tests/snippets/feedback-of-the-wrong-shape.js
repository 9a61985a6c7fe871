new CozeWebSDK.WebChatClient({
  config: { type: "app", appInfo: { appId: "7400000000000000002", workflowId: "7400000000000000003", version: "v1.2" } },
  ui: { chatBot: { feedback: { isNeedFeedback: true, feedbackPanel: { tags: ["Too long"] } } } },
});
