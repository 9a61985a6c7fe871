// A stand-in for Coze's Chat SDK, for demos and tests on one machine. It is not
// Coze's code. It behaves as a build of the open-source SDK (1.2.0-beta.17) was
// measured to behave, bad manners included: whoever lives with this one is
// prepared for the real one.
(function (sdk) {
  "use strict";

  const NO_TOKEN = "The access token is missing. Please check the configuration information.";
  const NO_AUTH = "The current unauth mode is not supported. Please use auth.type 'token'.";
  const NO_REFRESH = "auth.onRefreshToken must be a function.";

  function WebChatClient(options) {
    // The whole of it, the token included.
    console.info("WebChatClient constructor", JSON.stringify(options));
    this.options = options;
    this.chatClientId = Math.random().toString(36).slice(2);
    this.senderName = "web-chat-sdk:" + this.chatClientId;
    if (!checkAuth(options.auth || {})) {
      return;
    }
    this.settings = sdk.readSettings(options);
    this.visible = false;
    this.chat = null;
    this.render();
    WebChatClient.clients.push(this);
  }

  WebChatClient.clients = [];

  function checkAuth(auth) {
    const problem = auth.type !== "token" ? NO_AUTH : NO_REFRESH;
    if (auth.type === "token" && typeof auth.onRefreshToken === "function") {
      return true;
    }
    console.error(problem);
    window.alert(problem);
    return false;
  }

  // A root on the body for the launcher, and a place for the panel: the site's
  // own element, or another one on the body.
  WebChatClient.prototype.render = function () {
    const settings = this.settings;
    this.root = sdk.el("div", "root");
    this.place = settings.chatBot.el || document.createElement("div");
    this.filling = Boolean(settings.chatBot.el);
    if (!this.filling) {
      document.body.appendChild(this.place);
    }
    if (settings.launcher.isNeed) {
      this.root.appendChild(this.buildLauncher());
    }
    document.body.appendChild(this.root);
  };

  // A <div>: no role, no keyboard. That is how the SDK does it.
  WebChatClient.prototype.buildLauncher = function () {
    const base = this.settings.base;
    this.launcher = sdk.el("div", "launcher", { onclick: this.showChatBot.bind(this) });
    this.launcher.style.zIndex = String(base.zIndex);
    sdk.toggleClass(this.launcher, "launcher-mobile", base.layout === "mobile");
    if (base.icon) {
      const image = sdk.el("img", "launcher-image", { src: base.icon, alt: "" });
      this.launcher.appendChild(image);
    } else {
      this.launcher.appendChild(sdk.icon("chat"));
    }
    return this.launcher;
  };

  WebChatClient.prototype.showChatBot = function () {
    this.toggle(true);
  };

  WebChatClient.prototype.hideChatBot = function () {
    this.toggle(false);
  };

  WebChatClient.prototype.getToken = async function () {
    return this.options.auth.onRefreshToken("");
  };

  // Token check, veto, state, notice: for hiding as for showing.
  WebChatClient.prototype.toggle = async function (visible) {
    const chatBot = this.settings.chatBot;
    const before = visible ? chatBot.onBeforeShow : chatBot.onBeforeHide;
    const after = visible ? chatBot.onShow : chatBot.onHide;
    if (!(await this.checkToken())) {
      return;
    }
    if (before && (await before()) === false) {
      return;
    }
    if (this.visible !== visible) {
      this.visible = visible;
      this.refresh();
    }
    if (after) {
      after();
    }
  };

  WebChatClient.prototype.checkToken = async function () {
    const auth = this.options.auth;
    if (auth.token) {
      return true;
    }
    try {
      auth.token = await auth.onRefreshToken("");
    } catch (error) {
      auth.token = "";
    }
    if (!auth.token) {
      sdk.reportError("OPEN_API_ERROR", { code: 401, message: NO_TOKEN });
      window.alert(NO_TOKEN);
    }
    return Boolean(auth.token);
  };

  // Hiding unmounts: the next opening makes every call again.
  WebChatClient.prototype.refresh = function () {
    if (this.launcher) {
      sdk.show(this.launcher, !this.visible);
    }
    if (this.visible) {
      this.mount();
    } else {
      this.unmount();
    }
  };

  WebChatClient.prototype.mount = function () {
    const settings = this.settings;
    const texts = sdk.chooseTexts(settings.base.lang);
    leaveTraces(settings);
    this.panel = new sdk.Panel(settings, texts, this.hideChatBot.bind(this));
    const api = new sdk.Api(this.options.auth, settings.base.lang);
    const backend = new sdk.Backend(settings, api);
    this.chat = new sdk.Chat(settings, backend, texts, this.panel);
    this.panel.mount(this.chat);
    this.position(this.panel.element);
    this.place.appendChild(this.panel.element);
    // At every rendering of the panel, and again with the token.
    console.info("useChatOpInfo:", JSON.stringify({ auth: this.options.auth }));
    this.chat.open();
  };

  WebChatClient.prototype.position = function (element) {
    const settings = this.settings;
    const isMobile = settings.base.layout === "mobile";
    element.lang = settings.base.lang;
    sdk.toggleClass(element, "filling", this.filling);
    if (!this.filling) {
      element.style.zIndex = String(settings.base.zIndex - 1);
      element.style.width = isMobile ? "100%" : settings.chatBot.width + "px";
    }
  };

  // On the host's page, and there they stay.
  function leaveTraces(settings) {
    document.cookie = "i18next=" + settings.base.lang + "; path=/";
    localStorage.setItem("cache:@coze-common/chat-area", "{}");
    localStorage.setItem("coze__ChatHistory__" + settings.botId, "{}");
    if (!document.querySelector(".coze-chat-sdk-measure")) {
      const stray = sdk.el("textarea", "measure", { tabindex: "-1", "aria-hidden": "true" });
      stray.setAttribute(
        "style",
        "visibility:hidden;position:absolute;top:-9999px;left:0;height:0;overflow:hidden"
      );
      document.body.appendChild(stray);
    }
  }

  WebChatClient.prototype.unmount = function () {
    if (this.chat) {
      this.chat.close();
      this.panel.element.remove();
    }
    this.chat = null;
  };

  // Throws NotFoundError when the page has got another body meanwhile. Styles,
  // textarea, cookie and globals stay behind.
  WebChatClient.prototype.destroy = function () {
    this.unmount();
    if (!this.filling) {
      document.body.removeChild(this.place);
    }
    document.body.removeChild(this.root);
    WebChatClient.clients.splice(WebChatClient.clients.indexOf(this), 1);
  };

  window.webpackChunkCozeWebSDK = window.webpackChunkCozeWebSDK || [];
  window.CozeWebSDK = window.CozeWebSDK || {};
  window.CozeWebSDK.WebChatClient = WebChatClient;
  sdk.injectStyles();
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
