(function (sdk) {
  "use strict";

  const PREFIX = "coze-chat-sdk";

  // "header close" becomes "coze-chat-sdk-header coze-chat-sdk-close".
  sdk.classNames = function (names) {
    return names
      .split(" ")
      .filter(Boolean)
      .map(function (name) {
        return PREFIX + "-" + name;
      })
      .join(" ");
  };

  // Text reaches the page through textContent only.
  sdk.el = function (tag, names, properties, children) {
    const element = document.createElement(tag);
    element.className = sdk.classNames(names);
    Object.keys(properties || {}).forEach(function (name) {
      setProperty(element, name, properties[name]);
    });
    (children || []).filter(Boolean).forEach(function (child) {
      element.appendChild(child);
    });
    return element;
  };

  function setProperty(element, name, value) {
    if (name === "text") {
      element.textContent = value;
    } else if (name.slice(0, 2) === "on") {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value);
    }
  }

  sdk.button = function (names, label, onClick, children) {
    return sdk.el(
      "button",
      names,
      { type: "button", title: label, "aria-label": label, onclick: onClick },
      children
    );
  };

  sdk.toggleClass = function (element, name, on) {
    element.classList.toggle(PREFIX + "-" + name, on);
  };

  sdk.show = function (element, shown) {
    sdk.toggleClass(element, "hidden", !shown);
  };

  // A picture that cannot be shown (policy, network) becomes a letter.
  sdk.avatar = function (names, url, name) {
    const holder = sdk.el("span", "avatar " + names, { "aria-hidden": "true" });
    const letter = function () {
      holder.textContent = (name || "•").trim().charAt(0).toUpperCase();
    };
    if (!url) {
      letter();
      return holder;
    }
    const image = sdk.el("img", "avatar-image", { alt: "" });
    image.onerror = letter;
    image.src = url;
    holder.appendChild(image);
    return holder;
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
