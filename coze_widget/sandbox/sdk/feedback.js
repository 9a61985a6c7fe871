(function (sdk) {
  "use strict";

  const MAX_TAGS = 10;

  // Thumbs under an answer. `send(kind, details)` may be given null to withdraw.
  sdk.buildThumbs = function (settings, texts, send, open) {
    const like = sdk.button("like", texts.like, null, [sdk.icon("like")]);
    const dislike = sdk.button("dislike", texts.dislike, null, [sdk.icon("like")]);
    const choose = function (button, other, kind, details) {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      other.setAttribute("aria-pressed", "false");
      send(on ? kind : null, details || {});
      return on;
    };
    like.addEventListener("click", function () {
      choose(like, dislike, "like");
    });
    dislike.addEventListener("click", function () {
      const on = choose(dislike, like, "unlike");
      if (on && readTags(settings).length) {
        open(buildPanel(settings, texts, send));
      }
    });
    return [like, dislike];
  };

  function readTags(settings) {
    const tags = (settings.feedbackPanel || {}).tags || [];
    return tags
      .filter(function (tag) {
        return tag && tag.label;
      })
      .slice(0, MAX_TAGS);
  }

  // Asks what was wrong: tags, and a comment where a tag wants one.
  function buildPanel(settings, texts, send) {
    const wording = settings.feedbackPanel;
    const chosen = [];
    const comment = sdk.el("textarea", "feedback-comment", {
      rows: "3",
      maxlength: "250",
      placeholder: wording.placeholder || texts.feedbackHint,
      "aria-label": wording.placeholder || texts.feedbackHint,
    });
    const panel = sdk.el("div", "feedback", { role: "dialog", "aria-label": texts.feedbackTitle });
    const submit = sdk.el("button", "feedback-submit", { type: "button", text: texts.submit });
    const refresh = function () {
      const needsDetail = chosen.some(function (tag) {
        return tag.isNeedDetail;
      });
      submit.disabled = needsDetail && !comment.value.trim();
    };
    comment.addEventListener("input", refresh);
    submit.addEventListener("click", function () {
      send("unlike", { comment: comment.value.trim(), reason_types: chosen.map(readLabel) });
      panel.textContent = texts.thanks;
    });
    const cancel = sdk.el("button", "feedback-cancel", { type: "button", text: texts.cancel });
    cancel.addEventListener("click", function () {
      panel.remove();
    });
    [
      sdk.el("div", "feedback-title", { text: wording.title || texts.feedbackTitle }),
      sdk.el("div", "feedback-tags", {}, buildTags(readTags(settings), chosen, refresh)),
      comment,
      sdk.el("div", "feedback-buttons", {}, [cancel, submit]),
    ].forEach(function (child) {
      panel.appendChild(child);
    });
    return panel;
  }

  function buildTags(tags, chosen, refresh) {
    return tags.map(function (tag) {
      const button = sdk.el("button", "feedback-tag", {
        type: "button",
        text: tag.label,
        "aria-pressed": "false",
      });
      button.addEventListener("click", function () {
        const place = chosen.indexOf(tag);
        if (place === -1) {
          chosen.push(tag);
        } else {
          chosen.splice(place, 1);
        }
        button.setAttribute("aria-pressed", String(place === -1));
        refresh();
      });
      return button;
    });
  }

  function readLabel(tag) {
    return tag.label;
  }
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
