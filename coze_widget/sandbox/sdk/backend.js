(function (sdk) {
  "use strict";

  const CONNECTOR = "999"; // whatever auth.connectorId says
  const FIRST_MESSAGES = 10;
  const OLDER_MESSAGES = 15;
  const LISTED = 20;

  // The calls of one mounted chat, for a bot or for an app.
  sdk.Backend = function (settings, api) {
    this.settings = settings;
    this.api = api;
    this.userId = sdk.chooseUserId(settings);
    this.appVersion = settings.app.version || "";
  };

  // {info, conversation}; info: {name, icon, prologue, questions}. Both calls are
  // waited for: what failed together is refreshed together.
  sdk.Backend.prototype.open = async function () {
    const calls = this.settings.mode === "app" ? this.readApp() : this.readBot();
    const results = await Promise.allSettled(calls);
    results.forEach(function (result) {
      if (result.status === "rejected") {
        throw result.reason;
      }
    });
    const conversation = await this.chooseConversation(results[1].value.data);
    return { info: this.describe(results), conversation: conversation };
  };

  sdk.Backend.prototype.readBot = function () {
    return [
      this.api.get("/v1/bots/" + this.settings.botId),
      this.api.get("/v1/conversations", {
        bot_id: this.settings.botId,
        connector_id: CONNECTOR,
        page_num: 1,
        page_size: 1,
        user_id: this.userId,
      }),
    ];
  };

  sdk.Backend.prototype.readApp = function () {
    const app = this.settings.app;
    return [
      this.api.get("/v1/apps/" + app.appId, {
        version: this.appVersion,
        connector_id: CONNECTOR,
      }),
      this.api.get("/v1/workflows/" + app.workflowId, {
        connector_id: CONNECTOR,
        is_debug: false,
        caller: "",
      }),
    ];
  };

  sdk.Backend.prototype.describe = function (results) {
    const isApp = this.settings.mode === "app";
    const data = isApp ? results[1].value.data.role : results[0].value.data;
    const onboarding = data.onboarding_info || {};
    return {
      name: data.name,
      icon: isApp ? data.avatar.image_url : data.icon_url,
      prologue: onboarding.prologue || "",
      questions: onboarding.suggested_questions || [],
    };
  };

  sdk.Backend.prototype.chooseConversation = function (data) {
    if (this.settings.mode === "app") {
      return this.createInApp(true);
    }
    return data.conversations.length
      ? data.conversations[0]
      : this.create({ messages: [] });
  };

  sdk.Backend.prototype.begin = function () {
    return this.settings.mode === "app" ? this.createInApp(false) : this.create({});
  };

  sdk.Backend.prototype.create = async function (extra) {
    const body = Object.assign(
      { bot_id: this.settings.botId, connector_id: CONNECTOR, user_id: this.userId },
      extra
    );
    return (await this.api.post("/v1/conversation/create", body)).data;
  };

  sdk.Backend.prototype.createInApp = async function (getOrCreate) {
    const body = {
      app_id: this.settings.app.appId,
      workflow_id: this.settings.app.workflowId,
      conversation_name: "Default",
      get_or_create: getOrCreate,
      draft_mode: false,
      connector_id: CONNECTOR,
    };
    return (await this.api.post("/v1/workflow/conversation/create", body)).data;
  };

  // {data: newest first, has_more, last_id}
  sdk.Backend.prototype.listMessages = function (conversation, afterId) {
    const body = afterId
      ? { after_id: afterId, limit: OLDER_MESSAGES }
      : { limit: FIRST_MESSAGES };
    return this.api.post("/v1/conversation/message/list", body, {
      conversation_id: conversation.id,
    });
  };

  // The raw response: a chat is not sent a second time after a refresh.
  sdk.Backend.prototype.talk = function (conversation, message, signal) {
    const isApp = this.settings.mode === "app";
    const body = isApp
      ? this.buildWorkflowChat(conversation, message)
      : this.buildBotChat(message);
    return this.api.fetch("POST", isApp ? "/v1/workflows/chat" : "/v3/chat", {
      query: isApp ? {} : { conversation_id: conversation.id },
      body: body,
      signal: signal,
    });
  };

  sdk.Backend.prototype.buildBotChat = function (message) {
    return {
      bot_id: this.settings.botId,
      user_id: this.userId,
      stream: true,
      connector_id: CONNECTOR,
      additional_messages: [message],
      parameters: this.settings.parameters,
      enable_card: true,
    };
  };

  sdk.Backend.prototype.buildWorkflowChat = function (conversation, message) {
    return {
      additional_messages: [message],
      connector_id: CONNECTOR,
      workflow_id: this.settings.app.workflowId,
      parameters: this.settings.parameters || {},
      version: this.appVersion,
      app_id: this.settings.app.appId,
      conversation_id: conversation.id,
      ext: { user_id: this.userId },
      suggest_reply_info: {},
    };
  };

  sdk.Backend.prototype.cancel = function (conversation, chatId) {
    const body = { conversation_id: conversation.id, chat_id: chatId };
    return this.api.post("/v3/chat/cancel", body);
  };

  sdk.Backend.prototype.clear = function (conversation) {
    return this.api.post("/v1/conversations/" + conversation.id + "/clear", {
      conversation_id: conversation.id,
    });
  };

  sdk.Backend.prototype.listConversations = async function () {
    const answer = await this.api.get("/v1/conversations", {
      bot_id: this.settings.botId,
      connector_id: CONNECTOR,
      sort_field: "updated_at",
      user_id: this.userId,
      page_size: LISTED,
      page_num: 1,
    });
    return answer.data.conversations;
  };

  sdk.Backend.prototype.rename = function (conversation, name) {
    return this.api.call("PUT", "/v1/conversations/" + conversation.id, {
      body: { name: name.slice(0, 100) },
    });
  };

  sdk.Backend.prototype.remove = function (conversation) {
    return this.api.call("DELETE", "/v1/conversations/" + conversation.id, {});
  };

  sdk.Backend.prototype.upload = async function (file) {
    return (await this.api.upload("/v1/files/upload", file, file.name)).data.id;
  };

  sdk.Backend.prototype.transcribe = async function (sound) {
    return (await this.api.upload("/v1/audio/transcriptions", sound, "voice.wav")).data.text;
  };

  sdk.Backend.prototype.rate = function (conversation, messageId, kind, details) {
    const path =
      "/v1/conversations/" + conversation.id + "/messages/" + messageId + "/feedback";
    return kind
      ? this.api.post(path, Object.assign({ feedback_type: kind }, details))
      : this.api.call("DELETE", path, {});
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
