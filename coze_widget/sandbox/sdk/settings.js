(function (sdk) {
  "use strict";

  const ID_KEY = "coze__OpenSDKUID__";

  // Options as the SDK understands them. Fills its defaults into the object it
  // was given, as the SDK does.
  sdk.readSettings = function (options) {
    const config = options.config || (options.config = {});
    const ui = options.ui || (options.ui = {});
    const base = fill(ui, "base", { lang: "en", zIndex: 1000, layout: guessLayout() });
    const bot = config.botInfo || {};
    return {
      mode: config.type === "app" ? "app" : "bot",
      botId: bot.botId || config.botId || config.bot_id || "",
      app: config.appInfo || {},
      parameters: (config.type === "app" ? config.appInfo : bot).parameters,
      user: options.userInfo || {},
      base: base,
      launcher: fill(ui, "asstBtn", { isNeed: true }),
      header: fill(ui, "header", { isShow: true, isNeedClose: true }),
      footer: fill(ui, "footer", { isShow: true, expressionText: "", linkvars: {} }),
      conversations: fill(ui, "conversations", { isNeed: false }),
      chatBot: fill(ui, "chatBot", {
        title: "",
        width: 460,
        uploadable: true,
        isNeedAudio: true,
        isNeedFunctionCallMessage: true,
        isNeedAddNewConversation: true,
        isNeedClearContext: true,
        isNeedQuote: false,
        feedback: {},
      }),
    };
  };

  // A random one at every opening when the site gives none: the history of one
  // person then stands under many names in Coze's log. Of an app's visitors it
  // says nothing at all instead.
  sdk.chooseUserId = function (settings) {
    const given = settings.user.id;
    if (given || settings.mode === "app") {
      return given || "";
    }
    return (
      localStorage.getItem(ID_KEY) ||
      Math.random().toString(36).slice(2) + Date.now().toString(36)
    );
  };

  function fill(parent, name, defaults) {
    const given = parent[name] || (parent[name] = {});
    Object.keys(defaults).forEach(function (key) {
      if (given[key] === undefined) {
        given[key] = defaults[key];
      }
    });
    return given;
  }

  function guessLayout() {
    return /Mobi|Android|iPhone|iPod/.test(navigator.userAgent) ? "mobile" : "pc";
  }
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
