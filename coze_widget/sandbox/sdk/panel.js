(function (sdk) {
  "use strict";

  const DOCKED_FROM = 780; // px of panel width, for the list of conversations

  // Everything that is seen of a chat. It stands in `holder`.
  sdk.Panel = function (settings, texts, close) {
    this.settings = settings;
    this.texts = texts;
    this.close = close;
    this.body = sdk.el("div", "body");
    this.element = sdk.el("div", "panel", { role: "dialog", "aria-label": this.title() }, []);
    sdk.toggleClass(this.element, "mobile", settings.base.layout === "mobile");
    this.element.addEventListener("keydown", this.onKey.bind(this));
  };

  sdk.Panel.prototype.title = function () {
    return this.settings.chatBot.title;
  };

  sdk.Panel.prototype.onKey = function (event) {
    if (event.key === "Escape" && this.sheet) {
      event.stopPropagation();
      this.leaveSheet();
    }
  };

  sdk.Panel.prototype.mount = function (chat) {
    this.chat = chat;
    if (this.settings.header.isShow) {
      this.element.appendChild(this.buildHeader());
    }
    this.element.appendChild(this.body);
  };

  sdk.Panel.prototype.buildHeader = function () {
    const settings = this.settings;
    this.icon = sdk.el("span", "header-icon");
    if (settings.base.icon) {
      this.icon.appendChild(sdk.avatar("avatar-header", settings.base.icon, this.title()));
    }
    this.tools = sdk.el("div", "header-tools");
    return sdk.el("div", "header", {}, [
      this.icon,
      sdk.el("div", "header-title", { text: this.title() }),
      this.tools,
      settings.header.isNeedClose
        ? sdk.button("header-button header-close", this.texts.close, this.close, [
            sdk.icon("close"),
          ])
        : null,
    ]);
  };

  sdk.Panel.prototype.showLoading = function () {
    this.body.textContent = "";
    const spinner = sdk.el("div", "loading", { role: "status", "aria-label": this.texts.loading });
    spinner.appendChild(sdk.el("span", "spinner"));
    this.body.appendChild(spinner);
  };

  sdk.Panel.prototype.showError = function (error) {
    const chat = this.chat;
    const text = (!sdk.isAuthError(error) && error.code && error.message) || this.texts.failedHint;
    this.body.textContent = "";
    this.body.appendChild(
      sdk.el("div", "error", { role: "alert" }, [
        sdk.icon("alert", "error-icon"),
        sdk.el("div", "error-title", { text: this.texts.failed }),
        sdk.el("div", "error-text", { text: text }),
        sdk.el("button", "retry", {
          type: "button",
          text: this.texts.retry,
          onclick: function () {
            chat.open();
          },
        }),
      ])
    );
  };

  sdk.Panel.prototype.showChat = function (chat) {
    const settings = this.settings;
    const actions = this.buildActions(chat);
    const menu = settings.header.isShow ? null : this.buildMenu(actions);
    this.showHeaderTools(chat, actions);
    this.composer = this.buildComposer(chat, menu);
    this.body.textContent = "";
    const main = sdk.el("div", "main", {}, [
      chat.thread.element,
      sdk.el("div", "bottom", {}, [
        this.composer.element,
        settings.footer.isShow ? this.buildFooter() : null,
      ]),
    ]);
    if (chat.usesList()) {
      this.addList(chat);
    }
    this.body.appendChild(main);
    this.composer.refresh();
    if (settings.base.layout !== "mobile") {
      this.composer.textarea.focus({ preventScroll: true });
    }
  };

  sdk.Panel.prototype.buildComposer = function (chat, menu) {
    const actions = {
      send: chat.say.bind(chat),
      stop: chat.stop.bind(chat),
      upload: chat.backend.upload.bind(chat.backend),
      transcribe: chat.backend.transcribe.bind(chat.backend),
      warn: this.warn.bind(this),
      preview: this.preview.bind(this),
    };
    return new sdk.Composer(this.texts, this.settings.chatBot, actions, menu);
  };

  sdk.Panel.prototype.showHeaderTools = function (chat, actions) {
    if (!this.tools) {
      return;
    }
    this.tools.textContent = "";
    if (!this.icon.firstChild) {
      this.icon.appendChild(sdk.avatar("avatar-header", chat.info.icon, chat.info.name));
    }
    if (chat.usesList()) {
      const toggle = sdk.button(
        "header-button header-list",
        this.texts.conversations,
        this.toggleList.bind(this),
        [sdk.icon("list")]
      );
      this.icon.parentNode.insertBefore(toggle, this.icon);
    }
    actions.forEach(function (action) {
      const names = "header-button header-" + action.name;
      this.tools.appendChild(sdk.button(names, action.label, action.run, [sdk.icon(action.icon)]));
    }, this);
  };

  sdk.Panel.prototype.buildActions = function (chat) {
    const chatBot = this.settings.chatBot;
    return [
      chatBot.isNeedClearContext && {
        name: "clear",
        icon: "broom",
        label: this.texts.clear,
        run: chat.clearContext.bind(chat),
      },
      chatBot.isNeedAddNewConversation && {
        name: "create",
        icon: "plus",
        label: this.texts.create,
        run: chat.startAnew.bind(chat),
      },
    ].filter(Boolean);
  };

  // Without a header the two live in a menu left of the input.
  sdk.Panel.prototype.buildMenu = function (actions) {
    if (!actions.length) {
      return null;
    }
    const items = sdk.el("div", "menu-items");
    const toggle = function () {
      sdk.toggleClass(items, "menu-open", !items.classList.contains("coze-chat-sdk-menu-open"));
    };
    actions.forEach(function (action) {
      const run = function () {
        toggle();
        action.run();
      };
      items.appendChild(
        sdk.el("button", "menu-item menu-" + action.name, { type: "button", onclick: run }, [
          sdk.icon(action.icon),
          sdk.el("span", "menu-label", { text: action.label }),
        ])
      );
    });
    const button = sdk.button("menu-button", this.texts.more, toggle, [sdk.icon("more")]);
    return sdk.el("div", "menu", {}, [button, items]);
  };

  // {{name}} becomes a link. Where it leads is not looked at, as with the SDK.
  sdk.Panel.prototype.buildFooter = function () {
    const settings = this.settings.footer;
    const text = settings.expressionText || this.texts.footer;
    const footer = sdk.el("div", "footer");
    text.split(/(\{\{\s*\w+\s*\}\})/).forEach(function (piece) {
      const name = /^\{\{\s*(\w+)\s*\}\}$/.exec(piece);
      const link = name && settings.linkvars && settings.linkvars[name[1]];
      footer.appendChild(
        link
          ? sdk.el("a", "footer-link", {
              href: link.link,
              target: "_blank",
              rel: "noopener noreferrer",
              text: link.text,
            })
          : document.createTextNode(name ? "" : piece)
      );
    });
    return footer;
  };

  sdk.Panel.prototype.addList = function (chat) {
    const leave = this.leaveSheet.bind(this);
    this.conversations = new sdk.ConversationList(this.texts, {
      open: function (conversation) {
        leave();
        chat.enter(conversation).then(chat.refreshList.bind(chat));
      },
      create: function () {
        leave();
        chat.startAnew();
      },
      rename: chat.renameConversation.bind(chat),
      remove: chat.removeConversation.bind(chat),
    });
    const docked = this.element.clientWidth >= DOCKED_FROM;
    const list = this.conversations.element;
    sdk.toggleClass(list, "conversations-sheet", !docked);
    sdk.show(list, docked);
    this.body.appendChild(list);
  };

  sdk.Panel.prototype.toggleList = function () {
    const list = this.conversations.element;
    const open = list.classList.contains("coze-chat-sdk-hidden");
    sdk.show(list, open);
    this.sheet = open && list.classList.contains("coze-chat-sdk-conversations-sheet");
  };

  sdk.Panel.prototype.leaveSheet = function () {
    if (this.sheet) {
      this.toggleList();
    }
  };

  // A sentence that goes by itself.
  sdk.Panel.prototype.warn = function (text) {
    const toast = sdk.el("div", "toast", { role: "alert", text: text });
    this.element.appendChild(toast);
    setTimeout(function () {
      toast.remove();
    }, 3000);
  };

  sdk.Panel.prototype.preview = function (url, name) {
    const image = sdk.el("img", "preview-image", { src: url, alt: name });
    const overlay = sdk.el("div", "preview", { role: "dialog", "aria-label": this.texts.image });
    const close = function () {
      overlay.remove();
    };
    overlay.style.zIndex = String(this.settings.base.zIndex + 2);
    overlay.appendChild(image);
    overlay.appendChild(sdk.button("preview-close", this.texts.close, close, [sdk.icon("close")]));
    overlay.addEventListener("click", close);
    this.element.parentNode.appendChild(overlay);
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
