(function (sdk) {
  "use strict";

  const NEAR = 48; // px from an edge that count as being there

  // The messages: what is shown, not what is asked of the API.
  sdk.Thread = function (texts, people, actions) {
    this.texts = texts;
    this.people = people; // {bot: {name, icon}, user: {name, icon}}
    this.actions = actions; // {suggest, resend, loadOlder, decorate}
    this.list = sdk.el("div", "list");
    this.element = sdk.el("div", "messages", { role: "log", "aria-live": "polite" }, [
      this.list,
    ]);
    this.element.addEventListener("scroll", this.onScroll.bind(this));
    this.suggestions = null;
  };

  sdk.Thread.prototype.clear = function () {
    this.list.textContent = "";
  };

  sdk.Thread.prototype.onScroll = function () {
    if (this.element.scrollTop < NEAR) {
      this.actions.loadOlder();
    }
  };

  sdk.Thread.prototype.isAtEnd = function () {
    const box = this.element;
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  };

  sdk.Thread.prototype.scrollToEnd = function () {
    this.element.scrollTop = this.element.scrollHeight;
  };

  sdk.Thread.prototype.add = function (element) {
    this.list.appendChild(element);
    this.scrollToEnd();
    return element;
  };

  // Older messages come in above; what is being read stays where it is.
  sdk.Thread.prototype.prepend = function (elements) {
    const before = this.element.scrollHeight - this.element.scrollTop;
    const first = this.list.firstChild;
    const list = this.list;
    elements.forEach(function (element) {
      list.insertBefore(element, first);
    });
    this.element.scrollTop = this.element.scrollHeight - before;
  };

  sdk.Thread.prototype.addOnboarding = function (prologue, questions) {
    const bot = this.people.bot;
    const text = prologue.replace(/\{\{user_name\}\}/g, this.people.user.name);
    this.add(
      sdk.el("div", "onboarding", {}, [
        sdk.avatar("avatar-large", bot.icon, bot.name),
        sdk.el("div", "onboarding-name", { text: bot.name || "" }),
        text ? sdk.el("div", "onboarding-text", { text: text }) : null,
        this.buildSuggestions(questions),
      ])
    );
    this.element.scrollTop = 0;
  };

  sdk.Thread.prototype.buildSuggestions = function (questions) {
    const suggest = this.actions.suggest;
    const buttons = questions.map(function (question) {
      return sdk.el("button", "suggestion", {
        type: "button",
        text: question,
        onclick: function () {
          suggest(question);
        },
      });
    });
    return sdk.el("div", "suggestions", {}, buttons);
  };

  sdk.Thread.prototype.addSuggestions = function (questions) {
    this.dropSuggestions();
    if (questions.length) {
      this.suggestions = this.add(this.buildSuggestions(questions));
    }
  };

  sdk.Thread.prototype.dropSuggestions = function () {
    if (this.suggestions) {
      this.suggestions.remove();
    }
    this.suggestions = null;
  };

  sdk.Thread.prototype.addDivider = function (text) {
    this.dropSuggestions();
    this.add(this.buildDivider(text));
  };

  sdk.Thread.prototype.buildDivider = function (text) {
    return sdk.el("div", "divider", { role: "separator" }, [
      sdk.el("span", "divider-text", { text: text }),
    ]);
  };

  sdk.Thread.prototype.buildUserMessage = function (content, contentType, resend) {
    const bubble = sdk.el("div", "bubble bubble-user");
    readParts(content, contentType).forEach(function (part) {
      bubble.appendChild(buildPart(part));
    });
    const mark = sdk.button("failed", this.texts.resend, resend, [sdk.icon("alert")]);
    sdk.show(mark, false);
    const row = sdk.el("div", "message message-user", {}, [
      mark,
      bubble,
      sdk.avatar("avatar-user", this.people.user.icon, this.people.user.name),
    ]);
    return { element: row, mark: mark };
  };

  sdk.Thread.prototype.buildBotMessage = function (content) {
    const bot = this.people.bot;
    const bubble = sdk.el("div", "bubble bubble-bot", { text: content });
    const footer = sdk.el("div", "actions");
    const column = sdk.el("div", "column", {}, [bubble, footer]);
    const row = sdk.el("div", "message message-bot", {}, [
      sdk.avatar("avatar-bot", bot.icon, bot.name),
      column,
    ]);
    return { element: row, bubble: bubble, footer: footer };
  };

  sdk.Thread.prototype.buildTool = function (content, finished) {
    const text = finished ? this.texts.tool : this.texts.toolRunning;
    const name = JSON.parse(content).name;
    const label = sdk.el("span", "tool-name", { text: sdk.fillText(text, { name: name }) });
    return sdk.el("div", "tool", {}, [sdk.icon("tool"), label]);
  };

  sdk.Thread.prototype.buildTyping = function () {
    const dots = sdk.el("span", "typing", { role: "status", "aria-label": this.texts.typing });
    ["one", "two", "three"].forEach(function (name) {
      dots.appendChild(sdk.el("span", "dot dot-" + name));
    });
    return dots;
  };

  sdk.Thread.prototype.addNotice = function (text) {
    this.add(sdk.el("div", "notice", { role: "alert", text: text }));
  };

  function readParts(content, contentType) {
    return contentType === "object_string"
      ? JSON.parse(content)
      : [{ type: "text", text: content }];
  }

  function buildPart(part) {
    if (part.type === "text") {
      return sdk.el("div", "text", { text: part.text });
    }
    const name = part.name || part.type;
    return sdk.el("div", "file", {}, [sdk.icon("file"), sdk.el("span", "file-name", { text: name })]);
  }
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
