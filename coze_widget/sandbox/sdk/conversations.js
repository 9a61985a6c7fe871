(function (sdk) {
  "use strict";

  const MAX_NAME = 100;

  // The list of conversations. `actions`: {open, create, rename, remove}.
  sdk.ConversationList = function (texts, actions) {
    this.texts = texts;
    this.actions = actions;
    this.list = sdk.el("div", "conversation-list");
    this.element = sdk.el("div", "conversations", {}, [
      sdk.el("div", "conversations-head", {}, [
        sdk.el("span", "conversations-title", { text: texts.conversations }),
        sdk.button("conversations-create", texts.create, actions.create, [sdk.icon("plus")]),
      ]),
      this.list,
    ]);
  };

  sdk.ConversationList.prototype.fill = function (conversations, current) {
    const self = this;
    this.list.textContent = "";
    let group = "";
    conversations.forEach(function (conversation) {
      const heading = nameGroup(conversation);
      if (heading !== group) {
        group = heading;
        self.list.appendChild(sdk.el("div", "conversations-group", { text: heading }));
      }
      self.list.appendChild(self.buildItem(conversation, conversation.id === current));
    });
  };

  // Chinese in every language: so does the SDK.
  function nameGroup(conversation) {
    const age = Date.now() / 1000 - conversation.updated_at;
    return age < 86400 ? "今天" : "更早";
  }

  sdk.ConversationList.prototype.buildItem = function (conversation, isCurrent) {
    const actions = this.actions;
    const item = sdk.el("div", "conversation");
    const open = sdk.el("button", "conversation-open", {
      type: "button",
      text: conversation.name || this.texts.untitled,
      onclick: function () {
        actions.open(conversation);
      },
    });
    if (isCurrent) {
      open.setAttribute("aria-current", "true");
      sdk.toggleClass(item, "conversation-current", true);
    }
    const rename = sdk.button("conversation-rename", this.texts.rename, edit, [
      sdk.icon("pencil"),
    ]);
    const remove = sdk.button("conversation-remove", this.texts.delete, drop, [sdk.icon("bin")]);
    const texts = this.texts;
    function drop() {
      actions.remove(conversation);
    }
    function edit() {
      const field = sdk.el("input", "conversation-name", {
        maxlength: MAX_NAME,
        value: conversation.name || "",
        "aria-label": texts.rename,
      });
      field.addEventListener("keydown", function (event) {
        if (event.key === "Enter" && !event.isComposing) {
          actions.rename(conversation, field.value.trim());
        } else if (event.key === "Escape") {
          item.replaceChild(open, field);
        }
      });
      item.replaceChild(field, open);
      field.focus();
    }
    [open, rename, remove].forEach(function (child) {
      item.appendChild(child);
    });
    return item;
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
