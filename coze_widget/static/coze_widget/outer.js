/* Around the frame's inner document, which has no origin: with COZE_FRAME_SANDBOX this one
   is the site's own and holds no script but this. It carries the handshake between page and
   chat, asks the site on the chat's behalf, and keeps what shall outlive the chat. What
   comes from within may come from Coze's script, so that it names no address and no key
   that we do not know (docs/adr/0019). */
(() => {
  "use strict";

  const ANSWER_TIMEOUT_MS = 15000;
  const TURN_TIMEOUT_MS = 5000;
  const MAX_KEPT_LENGTH = 64 * 1024;

  const island = JSON.parse(document.getElementById("coze-outer").textContent);
  const frame = document.querySelector("iframe");
  const { slug, session_url: sessionUrl, forget_url: forgetUrl } = island;
  const ADDRESSES = new Map([
    ["session", sessionUrl],
    ["forget", forgetUrl],
  ]);
  // As in chat.js, which writes them.
  const KEYS = ["draft", "handle", "consent"].map((name) => `coze-widget-${name}-${slug}`);
  const STORAGES = ["localStorage", "sessionStorage"];
  // As in chat.js: what the SDK has left where it had the site's origin.
  const LEFTOVERS = /^(coze__OpenSDKUID__|coze__ChatHistory__|cache:@coze-common\/|SLARDAR)/;

  let relay = null;
  let channel = null;
  // Of the person whom the site has named last; null before.
  let epoch = null;

  // What is kept

  function recall(storage) {
    try {
      const kept = KEYS.map((key) => [key, window[storage].getItem(key)]);
      return kept.filter(([, value]) => value !== null);
    } catch {
      return []; // forbidden
    }
  }

  function keep({ storage, key, value }) {
    if (!STORAGES.includes(storage) || !KEYS.includes(key)) return;
    const isFit = typeof value === "string" && value.length <= MAX_KEPT_LENGTH;
    try {
      if (isFit) window[storage].setItem(key, value);
      else window[storage].removeItem(key);
    } catch {
      // forbidden, or full
    }
  }

  function clearLeftovers() {
    STORAGES.forEach((storage) => {
      try {
        Object.keys(window[storage])
          .filter((key) => LEFTOVERS.test(key))
          .forEach((key) => window[storage].removeItem(key));
      } catch {
        // forbidden
      }
    });
  }

  // What the site is asked

  async function post(url, body) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: String(body),
        credentials: "same-origin",
        cache: "no-store",
        redirect: "manual",
        signal: abort.signal,
      });
      const headers = ["Content-Type", "Retry-After"].map((name) => [
        name.toLowerCase(),
        response.headers.get(name),
      ]);
      return { status: response.status, headers, text: await response.text() };
    } catch {
      return { failed: true };
    } finally {
      clearTimeout(timer);
    }
  }

  /* As in chat.js, which has no locks where it is: a first request carries the cookie that
     another tab was given just before. */
  async function inTurn(task) {
    if (!navigator.locks) return task();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TURN_TIMEOUT_MS);
    const take = () => {
      clearTimeout(timer);
      return task();
    };
    const { signal } = patience;
    return navigator.locks.request("coze-widget-session", { signal }, take).catch(task);
  }

  async function ask(port, { id, to, body }) {
    const url = ADDRESSES.get(to);
    if (!url) return;
    const send = () => post(url, body);
    const answer = await (epoch === null && to === "session" ? inTurn(send) : send());
    if (to === "session") hearOfPerson(answer);
    port.postMessage({ type: "answer", id, ...answer });
  }

  // Who is there; other tabs hear of a change

  function hearOfPerson({ status, text }) {
    let said;
    try {
      said = JSON.parse(text);
    } catch {
      return;
    }
    if (status === 200) tell(String(said.epoch));
    else if (status === 401 && said.code === "login_required") tell("");
  }

  function tell(now) {
    const isNews = Boolean(epoch) && epoch !== now;
    epoch = now;
    if (!isNews) return;
    clearLeftovers();
    if (channel) channel.postMessage({ epoch, slug });
  }

  /* Open, it would keep the page out of the back/forward cache. */
  function openChannel() {
    if (channel || typeof BroadcastChannel !== "function") return;
    try {
      // eslint-disable-next-line compat/compat -- asked for above; Safari 14 has none
      channel = new BroadcastChannel("coze-widget");
      channel.onmessage = ({ data }) => relay && relay.postMessage({ type: "news", data });
    } catch {
      // forbidden
    }
  }

  function closeChannel() {
    if (channel) channel.close();
    channel = null;
  }

  // Between page and chat

  function hearInner({ coze_widget: protocol, type }) {
    // To whom the frame's policy lets hold us.
    if (type === "hello") window.parent.postMessage({ coze_widget: protocol, type, slug }, "*");
  }

  function hearPage({ data, origin, ports }) {
    if (data.type !== "welcome" || !ports.length) return;
    const { port1, port2 } = new MessageChannel();
    // An earlier one stays open: who says hello twice may have asked through it.
    relay = port1;
    relay.onmessage = ({ data: said }) => {
      if (said.type === "ask") ask(port1, said);
      else if (said.type === "keep") keep(said);
    };
    const kept = STORAGES.map((storage) => [storage, recall(storage)]);
    const welcome = { ...data, page_origin: origin, kept };
    // An origin that is none cannot be named; our policy lets no other site in there.
    frame.contentWindow.postMessage(welcome, "*", [ports[0], port2]);
  }

  window.addEventListener("message", (event) => {
    const { source, origin, data } = event;
    if (!data || data.slug !== slug) return;
    if (source === frame.contentWindow && origin === "null") hearInner(data);
    else if (source === window.parent && source !== window) hearPage(event);
  });
  // Chromium ignores it while it still gives the focus to us (tried).
  window.addEventListener("focus", () => setTimeout(() => document.hasFocus() && frame.focus()));
  window.addEventListener("pagehide", closeChannel);
  window.addEventListener("pageshow", openChannel);
  openChannel();
  clearLeftovers();
  // The chat may have been here first, and has greeted nobody.
  frame.contentWindow.postMessage({ type: "call", slug }, "*");
})();
