/* Before chat.js in the frame's inner document, which has no origin: storage and cookies,
   which the SDK needs (measured), are memory here, and the site is asked by the document
   around us (docs/adr/0019). */
(() => {
  "use strict";

  const island = JSON.parse(document.getElementById("coze-chat").textContent);
  const ADDRESSES = new Map([
    [island.session_url, "session"],
    [island.forget_url, "forget"],
  ]);

  const waiting = new Map();
  const listeners = new Set();
  let relay = null;
  let asked = 0;

  // Storage: keys are properties, as of the browser's own

  function memory(onChange) {
    return Object.create({
      get length() {
        return Object.keys(this).length;
      },
      key(index) {
        return Object.keys(this)[index] || null;
      },
      getItem(key) {
        return Object.keys(this).includes(String(key)) ? this[key] : null;
      },
      setItem(key, value) {
        this[key] = String(value);
        onChange(String(key), this[key]);
      },
      removeItem(key) {
        delete this[key];
        onChange(String(key), null);
      },
      clear() {
        Object.keys(this).forEach((key) => this.removeItem(key));
      },
    });
  }

  /* The document around us knows which keys it keeps. */
  ["localStorage", "sessionStorage"].forEach((storage) => {
    const keep = (key, value) => relay && relay.postMessage({ type: "keep", storage, key, value });
    Object.defineProperty(window, storage, { configurable: true, value: memory(keep) });
  });

  const cookies = new Map();
  Object.defineProperty(Document.prototype, "cookie", {
    configurable: true,
    get: () => Array.from(cookies, (pair) => pair.join("=")).join("; "),
    set: (text) => {
      const [pair] = String(text).split(";");
      const [name, ...value] = pair.split("=");
      cookies.set(name.trim(), value.join("=").trim());
    },
  });

  // News of other tabs come from around us; ours are told there

  const { BroadcastChannel: OwnChannel } = window;

  class Channel {
    constructor() {
      listeners.add(this);
    }

    postMessage() {}

    close() {
      listeners.delete(this);
    }
  }

  window.BroadcastChannel = function BroadcastChannel(name) {
    return name === "coze-widget" ? new Channel() : new OwnChannel(name);
  };

  // The site

  function answerOf({ status, headers, text }) {
    return {
      ok: status >= 200 && status < 300,
      status,
      headers: new Headers(headers.filter(([, value]) => value !== null)),
      text: () => Promise.resolve(text),
    };
  }

  function ask(to, { body, signal }) {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new TypeError("Failed to fetch"));
      if (!relay) fail();
      else {
        asked += 1;
        waiting.set(asked, (said) => (said.failed ? fail() : resolve(answerOf(said))));
        signal.addEventListener("abort", fail);
        relay.postMessage({ type: "ask", id: asked, to, body });
      }
    });
  }

  const { fetch } = window;
  window.fetch = (address, options) =>
    ADDRESSES.has(address) ? ask(ADDRESSES.get(address), options) : fetch(address, options);

  function hear({ type, id, data, ...said }) {
    if (type === "news") listeners.forEach(({ onmessage }) => onmessage({ data }));
    else if (waiting.has(id)) {
      waiting.get(id)(said);
      waiting.delete(id);
    }
  }

  /* Comes together with the page's welcome, and before chat.js hears of that. */
  window.addEventListener("message", ({ source, data, ports }) => {
    if (source !== window.parent || !data || data.type !== "welcome" || ports.length < 2) return;
    relay = null;
    data.kept.forEach(([storage, pairs]) =>
      pairs.forEach(([key, value]) => window[storage].setItem(key, value)),
    );
    [, relay] = ports;
    relay.onmessage = ({ data: said }) => hear(said);
  });
})();
