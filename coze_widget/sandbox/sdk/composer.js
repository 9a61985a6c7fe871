(function (sdk) {
  "use strict";

  const MAX_FILES = 6;
  const MAX_HEIGHT = 132; // px, about six lines

  // The input with its buttons. `actions`: {send, stop, upload, transcribe, warn}.
  sdk.Composer = function (texts, settings, actions, menu) {
    this.texts = texts;
    this.actions = actions;
    this.files = []; // {name, type, id, chip}
    this.quoted = "";
    this.busy = false;
    this.textarea = sdk.el("textarea", "textarea", {
      rows: "1",
      placeholder: texts.placeholder,
      "aria-label": texts.placeholder,
    });
    this.chips = sdk.el("div", "chips");
    this.send = sdk.button("send", texts.send, this.submit.bind(this), [sdk.icon("send")]);
    this.stop = sdk.button("stop", texts.stop, actions.stop, [sdk.el("span", "stop-square")]);
    this.element = sdk.el("div", "composer", {}, [
      menu,
      sdk.el("div", "input", {}, [
        this.chips,
        this.textarea,
        sdk.el("div", "tools", {}, [
          settings.uploadable ? this.buildUpload() : null,
          sdk.el("span", "spring"),
          settings.isNeedAudio && window.isSecureContext ? this.buildMicrophone() : null,
          this.stop,
          this.send,
        ]),
      ]),
    ]);
    this.textarea.addEventListener("input", this.refresh.bind(this));
    this.textarea.addEventListener("keydown", this.onKey.bind(this));
    this.refresh();
  };

  sdk.Composer.prototype.onKey = function (event) {
    // A return that ends the choice of Chinese characters is no order to send.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  };

  sdk.Composer.prototype.refresh = function () {
    const uploading = this.files.some(function (file) {
      return !file.id;
    });
    const empty = !this.textarea.value.trim() && !this.files.length;
    this.send.disabled = this.busy || uploading || empty;
    sdk.show(this.stop, this.busy);
    sdk.show(this.send, !this.busy);
    this.textarea.style.height = "auto";
    this.textarea.style.height = Math.min(this.textarea.scrollHeight, MAX_HEIGHT) + "px";
  };

  sdk.Composer.prototype.setBusy = function (busy) {
    this.busy = busy;
    this.refresh();
  };

  sdk.Composer.prototype.submit = function () {
    this.refresh();
    if (this.send.disabled) {
      return;
    }
    const text = (this.quoted ? "> " + this.quoted + "\n" : "") + this.textarea.value.trim();
    const files = this.files;
    this.files = [];
    this.quoted = "";
    this.chips.textContent = "";
    this.textarea.value = "";
    this.refresh();
    this.actions.send(text, files);
    this.textarea.focus();
  };

  sdk.Composer.prototype.quote = function (text) {
    const self = this;
    this.quoted = text.replace(/\s+/g, " ").slice(0, 120);
    const former = this.chips.querySelector(".coze-chat-sdk-chip-quote");
    if (former) {
      former.remove();
    }
    const chip = this.buildChip("chip-quote", "quote", this.quoted, function () {
      self.quoted = "";
    });
    this.chips.insertBefore(chip, this.chips.firstChild);
    this.textarea.focus();
  };

  sdk.Composer.prototype.buildChip = function (names, icon, label, onRemove) {
    const self = this;
    const chip = sdk.el("span", "chip " + names, {}, [
      sdk.icon(icon),
      sdk.el("span", "chip-text", { text: label }),
      sdk.button("chip-remove", this.texts.remove, remove, [sdk.icon("close")]),
    ]);
    function remove() {
      chip.remove();
      onRemove();
      self.refresh();
    }
    return chip;
  };

  sdk.Composer.prototype.buildUpload = function () {
    const self = this;
    const picker = sdk.el("input", "picker", { type: "file", multiple: "", tabindex: "-1" });
    picker.setAttribute("aria-hidden", "true");
    picker.addEventListener("change", function () {
      Array.prototype.forEach.call(picker.files, self.addFile, self);
      picker.value = "";
    });
    const open = function () {
      picker.click();
    };
    return sdk.el("span", "upload-holder", {}, [
      sdk.button("upload", this.texts.upload, open, [sdk.icon("attach")]),
      picker,
    ]);
  };

  // Uploads at once, as the SDK does, not when the message is sent.
  sdk.Composer.prototype.addFile = async function (file) {
    const self = this;
    if (this.files.length >= MAX_FILES) {
      this.actions.warn(sdk.fillText(this.texts.tooMany, { count: MAX_FILES }));
      return;
    }
    const type = file.type.indexOf("image/") === 0 ? "image" : "file";
    const entry = { name: file.name, type: type, id: "" };
    entry.chip = this.buildChip("chip-file", "file", file.name, function () {
      self.files.splice(self.files.indexOf(entry), 1);
    });
    sdk.toggleClass(entry.chip, "chip-busy", true);
    this.files.push(entry);
    this.chips.appendChild(entry.chip);
    if (type === "image") {
      this.addPreview(file, entry.chip);
    }
    this.refresh();
    try {
      entry.id = await this.actions.upload(file);
      sdk.toggleClass(entry.chip, "chip-busy", false);
    } catch (error) {
      entry.chip.remove();
      this.files.splice(this.files.indexOf(entry), 1);
      this.actions.warn(error.message || this.texts.network);
    }
    this.refresh();
  };

  // As Base64, not as a blob's address: since 1.2.0-beta.15.
  sdk.Composer.prototype.addPreview = function (file, chip) {
    const self = this;
    const reader = new FileReader();
    reader.onload = function () {
      const image = sdk.el("img", "chip-image", { alt: file.name, src: reader.result });
      image.addEventListener("click", function () {
        self.actions.preview(reader.result, file.name);
      });
      chip.replaceChild(image, chip.firstChild);
    };
    reader.readAsDataURL(file);
  };

  // No sound is taken: the sandbox hears the same sentence in everything.
  sdk.Composer.prototype.buildMicrophone = function () {
    const self = this;
    const button = sdk.button("mic", this.texts.microphone, toggle, [sdk.icon("mic")]);
    button.setAttribute("aria-pressed", "false");
    async function toggle() {
      const recording = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(recording));
      self.textarea.placeholder = recording ? self.texts.recording : self.texts.placeholder;
      if (!recording) {
        try {
          self.textarea.value += await self.actions.transcribe(new Blob(["sound"]));
        } catch (error) {
          self.actions.warn(error.message || self.texts.network);
        }
        self.refresh();
        self.textarea.focus();
      }
    }
    return button;
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
