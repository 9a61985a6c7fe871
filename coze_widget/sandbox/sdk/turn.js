(function (sdk) {
  "use strict";

  // One message and the answer to it. Ends in success, or with a red mark on the
  // message; pressing the mark sends it again.
  sdk.Turn = function (chat, text, files) {
    this.chat = chat;
    this.message = buildMessage(text, files);
    this.chatId = "";
    this.aborter = new AbortController();
    this.suggestions = [];
    this.answer = null;
    const shown = files.length ? JSON.stringify(buildParts(text, files, true)) : text;
    this.row = chat.thread.buildUserMessage(
      shown,
      this.message.content_type,
      this.run.bind(this)
    );
    chat.thread.dropSuggestions();
    chat.thread.add(this.row.element);
  };

  function buildParts(text, files, named) {
    const parts = files.map(function (file) {
      const part = { type: file.type, file_id: file.id };
      return named ? Object.assign(part, { name: file.name }) : part;
    });
    return text ? parts.concat({ type: "text", text: text }) : parts;
  }

  function buildMessage(text, files) {
    return {
      role: "user",
      content_type: files.length ? "object_string" : "text",
      content: files.length ? JSON.stringify(buildParts(text, files, false)) : text,
    };
  }

  sdk.Turn.prototype.run = async function () {
    const chat = this.chat;
    sdk.show(this.row.mark, false);
    chat.begin(this);
    this.wait();
    try {
      await sdk.loadSendChunk();
      await this.exchange();
    } catch (error) {
      this.fail(error);
    }
    this.stopWaiting();
    chat.end(this);
  };

  sdk.Turn.prototype.exchange = async function () {
    const backend = this.chat.backend;
    const generation = backend.api.generation;
    const response = await backend.talk(
      this.chat.conversation,
      this.message,
      this.aborter.signal
    );
    const error = await sdk.readError(response);
    if (!error) {
      await sdk.readEvents(response, this.onEvent.bind(this));
      return;
    }
    if (sdk.isAuthError(error)) {
      // A new token, but the message is not sent again.
      await backend.api.refresh(generation);
    }
    throw error;
  };

  sdk.Turn.prototype.fail = function (error) {
    if (error.name === "AbortError") {
      return;
    }
    sdk.show(this.row.mark, true);
    if (error.code && error.message && !sdk.isAuthError(error)) {
      this.chat.thread.addNotice(error.message);
    }
  };

  sdk.Turn.prototype.onEvent = function (event, data) {
    const on = HANDLERS[event];
    if (on) {
      on(this, data);
    }
  };

  const HANDLERS = {
    "conversation.chat.created": function (turn, data) {
      turn.chatId = data.id;
    },
    "conversation.message.delta": function (turn, data) {
      turn.append(data);
    },
    "conversation.message.completed": function (turn, data) {
      turn.complete(data);
    },
    "conversation.chat.completed": function (turn) {
      turn.chat.thread.addSuggestions(turn.suggestions);
    },
    "conversation.chat.failed": function (turn, data) {
      turn.stopWaiting();
      turn.chat.thread.addNotice(data.last_error.msg);
    },
    error: function (turn, data) {
      turn.stopWaiting();
      turn.chat.thread.addNotice(data.msg);
    },
  };

  sdk.Turn.prototype.wait = function () {
    const thread = this.chat.thread;
    this.waiting = thread.buildBotMessage("");
    this.waiting.bubble.appendChild(thread.buildTyping());
    thread.add(this.waiting.element);
  };

  sdk.Turn.prototype.stopWaiting = function () {
    if (this.waiting) {
      this.waiting.element.remove();
    }
    this.waiting = null;
  };

  sdk.Turn.prototype.append = function (data) {
    const thread = this.chat.thread;
    const follow = thread.isAtEnd();
    if (!this.answer) {
      this.stopWaiting();
      this.answer = thread.buildBotMessage("");
      thread.add(this.answer.element);
    }
    this.answer.bubble.textContent += data.content;
    if (follow) {
      thread.scrollToEnd();
    }
  };

  sdk.Turn.prototype.complete = function (data) {
    if (data.type === "follow_up") {
      this.suggestions.push(data.content);
    } else if (data.type === "answer") {
      this.append({ content: "" });
      this.answer.bubble.textContent = data.content;
      this.chat.decorate(this.answer, data);
      this.answer = null;
    } else if (data.type === "function_call" || data.type === "tool_response") {
      this.showTool(data);
    }
  };

  sdk.Turn.prototype.showTool = function (data) {
    if (!this.chat.settings.chatBot.isNeedFunctionCallMessage) {
      return;
    }
    const call = data.type === "function_call" ? data.content : this.toolCall;
    const line = this.chat.thread.buildTool(call, data.type === "tool_response");
    this.toolCall = call;
    if (this.toolLine) {
      this.toolLine.remove();
    }
    this.toolLine = line;
    this.chat.thread.list.insertBefore(line, this.waiting && this.waiting.element);
    this.chat.thread.scrollToEnd();
  };

  // Stops on the server too; closing the chat only stops listening.
  sdk.Turn.prototype.cancel = function () {
    const chat = this.chat;
    this.aborter.abort();
    if (this.chatId) {
      chat.backend.cancel(chat.conversation, this.chatId).catch(function () {});
    }
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
