(function (sdk) {
  "use strict";

  const ATTEMPTS = 2; // at opening, before the error page

  // A mounted chat: from opening to closing. `panel` shows, `backend` asks.
  sdk.Chat = function (settings, backend, texts, panel) {
    this.settings = settings;
    this.backend = backend;
    this.texts = texts;
    this.panel = panel;
    this.alive = true;
    this.turn = null;
    this.conversation = null;
  };

  sdk.Chat.prototype.open = async function () {
    if (this.settings.mode === "bot" && !this.settings.botId) {
      sdk.reportError("INVALID_BOT_ID", { code: 0, message: "empty bot id" });
      return; // the panel stays blank
    }
    this.panel.showLoading();
    try {
      const opened = await this.attempt(ATTEMPTS);
      if (this.alive) {
        await this.begun(opened);
      }
    } catch (error) {
      this.giveUp(error);
    }
  };

  sdk.Chat.prototype.giveUp = function (error) {
    if (this.alive) {
      sdk.reportError("OPEN_API_ERROR", error);
      this.panel.showError(error);
    }
  };

  // With the list of conversations the chat is mounted twice, calls and all.
  sdk.Chat.prototype.attempt = async function (left) {
    try {
      if (this.usesList()) {
        await this.backend.open();
      }
      return await this.backend.open();
    } catch (error) {
      if (left > 1 && sdk.isAuthError(error)) {
        return this.attempt(left - 1);
      }
      throw error;
    }
  };

  sdk.Chat.prototype.begun = async function (opened) {
    const user = this.settings.user;
    this.info = opened.info;
    this.thread = new sdk.Thread(
      this.texts,
      {
        bot: opened.info,
        user: { name: user.nickname || this.texts.friend, icon: user.url },
      },
      {
        suggest: this.say.bind(this),
        loadOlder: this.loadOlder.bind(this),
      }
    );
    await this.enter(opened.conversation);
    if (this.alive) {
      this.panel.showChat(this);
      this.thread.scrollToEnd();
      this.refreshList();
    }
  };

  sdk.Chat.prototype.usesList = function () {
    return this.settings.conversations.isNeed && this.settings.mode === "bot";
  };

  // Shows a conversation with the end of its history.
  sdk.Chat.prototype.enter = async function (conversation) {
    const page = await this.backend.listMessages(conversation);
    this.conversation = conversation;
    this.lastId = page.last_id;
    this.hasMore = page.has_more;
    this.thread.clear();
    if (!page.has_more) {
      this.thread.addOnboarding(this.info.prologue, this.info.questions);
    }
    this.show(page.data).forEach(this.thread.add, this.thread);
  };

  sdk.Chat.prototype.loadOlder = async function () {
    if (!this.hasMore) {
      return;
    }
    this.hasMore = false; // not twice while one is under way
    const page = await this.backend.listMessages(this.conversation, this.lastId);
    this.lastId = page.last_id;
    this.hasMore = page.has_more;
    this.thread.prepend(this.show(page.data));
  };

  // Elements in reading order; the API lists the newest first.
  sdk.Chat.prototype.show = function (messages) {
    const self = this;
    let section = "";
    const elements = [];
    messages
      .slice()
      .reverse()
      .forEach(function (message) {
        if (section && message.section_id !== section) {
          elements.push(self.thread.buildDivider(self.texts.cleared));
        }
        section = message.section_id;
        const element = self.build(message);
        if (element) {
          elements.push(element);
        }
      });
    return elements;
  };

  sdk.Chat.prototype.build = function (message) {
    if (message.role === "user") {
      return this.thread.buildUserMessage(message.content, message.content_type, null).element;
    }
    if (message.type === "answer") {
      const row = this.thread.buildBotMessage(message.content);
      this.decorate(row, message);
      return row.element;
    }
    const isTool = message.type === "function_call";
    return isTool && this.settings.chatBot.isNeedFunctionCallMessage
      ? this.thread.buildTool(message.content, true)
      : null;
  };

  // The buttons under an answer.
  sdk.Chat.prototype.decorate = function (row, message) {
    const self = this;
    const chatBot = this.settings.chatBot;
    const conversation = this.conversation;
    const add = function (button) {
      row.footer.appendChild(button);
    };
    const rate = function (kind, details) {
      self.backend.rate(conversation, message.id, kind, details).catch(self.warn.bind(self));
    };
    if (chatBot.isNeedQuote) {
      const quote = function () {
        self.panel.composer.quote(message.content);
      };
      add(sdk.button("quote", this.texts.quote, quote, [sdk.icon("quote")]));
    }
    if (chatBot.feedback && chatBot.feedback.isNeedFeedback) {
      const open = function (panel) {
        row.footer.parentNode.appendChild(panel);
        panel.scrollIntoView({ block: "nearest" });
      };
      sdk.buildThumbs(chatBot.feedback, this.texts, rate, open).forEach(add);
    }
  };

  sdk.Chat.prototype.say = function (text, files) {
    if (!this.turn) {
      new sdk.Turn(this, text, files || []).run();
    }
  };

  sdk.Chat.prototype.begin = function (turn) {
    this.turn = turn;
    this.panel.composer.setBusy(true);
    this.thread.scrollToEnd();
  };

  sdk.Chat.prototype.end = function (turn) {
    this.turn = null;
    if (this.alive) {
      this.panel.composer.setBusy(false);
      this.nameConversation(turn.message.content);
    }
  };

  sdk.Chat.prototype.stop = function () {
    if (this.turn) {
      this.turn.cancel();
    }
  };

  sdk.Chat.prototype.clearContext = async function () {
    try {
      await this.backend.clear(this.conversation);
      this.thread.addDivider(this.texts.cleared);
    } catch (error) {
      this.warn(error);
    }
  };

  sdk.Chat.prototype.startAnew = async function () {
    try {
      await this.enter(await this.backend.begin());
      this.refreshList();
    } catch (error) {
      this.warn(error);
    }
  };

  sdk.Chat.prototype.warn = function (error) {
    if (this.alive) {
      this.panel.warn((error.code && error.message) || this.texts.network);
    }
  };

  sdk.Chat.prototype.refreshList = async function () {
    if (this.usesList()) {
      const found = await this.backend.listConversations();
      this.panel.conversations.fill(found, this.conversation.id);
    }
  };

  // After its first message, where there is a list to be found in.
  sdk.Chat.prototype.nameConversation = async function (text) {
    if (this.usesList() && !this.conversation.name) {
      this.conversation.name = text.slice(0, 100);
      await this.backend.rename(this.conversation, text);
      this.refreshList();
    }
  };

  sdk.Chat.prototype.renameConversation = async function (conversation, name) {
    await this.backend.rename(conversation, name);
    this.refreshList();
  };

  sdk.Chat.prototype.removeConversation = async function (conversation) {
    await this.backend.remove(conversation);
    if (conversation.id === this.conversation.id) {
      await this.startAnew();
    } else {
      this.refreshList();
    }
  };

  // No cancel goes out: an answer under way runs on at the server.
  sdk.Chat.prototype.close = function () {
    this.alive = false;
    if (this.turn) {
      this.turn.aborter.abort();
    }
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
