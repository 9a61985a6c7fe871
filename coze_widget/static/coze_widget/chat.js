/* The chat beside Coze's SDK, in the frame's document or in the page itself. Asks the site who
   is there, loads the SDK, hands it a token and keeps that fresh. What it works around was
   measured with the open-source SDK (1.2.0-beta.17); each place says what. */
(() => {
  "use strict";

  const PROTOCOL = 1; // its neighbours are understood too: docs/upgrading.md
  const LANGUAGES = ["en", "zh-CN"];
  const MAX_TITLE_LENGTH = 100;
  const ANSWER_TIMEOUT_MS = 15000;
  const TURN_TIMEOUT_MS = 5000;
  const SHOW_TIMEOUT_MS = 8000;
  const USABLE_TIMEOUT_MS = 3000;
  const RESTORE_TIMEOUT_MS = 30000;
  const STUCK_AFTER_S = 7;
  // A token that Coze refuses this soon after it was minted will not get better.
  const HOPELESS_AFTER_S = 10;
  // Nobody has touched the chat for so long: the token may end.
  const IDLE_AFTER_S = 15 * 60;
  // Nobody logs out and somebody else in within less, in a window beside this one.
  const AWAY_AFTER_S = 5;
  const LONGEST_WAIT_S = 5 * 60;
  const NARROW = "(max-width: 640px)";
  // Stands in for a token in the SDK's check, which would alert() without one.
  const NO_TOKEN_YET = "-";

  const ICONS = {
    close: "M6 6l12 12M18 6L6 18",
    notice: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v5M12 16.5h.01",
  };
  // The server's code (or ours) → the key of the sentence that the visitor reads.
  const SENTENCES = {
    bad_gateway: "unavailable",
    failed: "failed",
    login_required: "login_required",
    not_allowed: "not_allowed",
    not_found: "not_found",
    offline: "offline",
    permission: "permission",
    rate_limited: "too_many",
    timeout: "unavailable",
    unavailable: "unavailable",
  };
  const PASSING = ["bad_gateway", "failed", "offline", "rate_limited", "timeout", "unavailable"];
  const FINAL = ["not_allowed", "not_found"];

  class Refusal extends Error {
    constructor(code, { retryAfter = 0, loginUrl = "" } = {}) {
      super(code);
      this.code = code;
      this.retryAfter = retryAfter;
      this.loginUrl = loginUrl;
    }
  }

  // Pure parts

  function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  function copy(value) {
    return JSON.parse(JSON.stringify(value));
  }

  /* The page may say these two things differently, and nothing else. */
  function readOverrides(said) {
    const overrides = {};
    if (!isObject(said)) return overrides;
    const { title, parameters } = said;
    if (typeof title === "string" && title && title.length <= MAX_TITLE_LENGTH)
      overrides.title = title;
    if (isObject(parameters)) overrides.parameters = copy(parameters);
    return overrides;
  }

  function readLanguage(said) {
    return LANGUAGES.includes(said) ? said : LANGUAGES[0];
  }

  /* What the SDK's constructor gets, but for functions, elements and the token. */
  function buildArguments(options, { overrides, lang, person }) {
    const args = copy(options); // the SDK writes into what it is given
    const { config, ui } = args;
    ui.base = { lang, ...ui.base };
    if (overrides.title) ui.chatBot.title = overrides.title;
    if (overrides.parameters) {
      const group = config.type === "app" ? "appInfo" : "botInfo";
      const { parameters, ...rest } = config[group] || {};
      config[group] = { ...rest, parameters: { ...parameters, ...overrides.parameters } };
    }
    args.userInfo = { ...args.userInfo, ...readPerson(person) };
    return args;
  }

  /* Without an id the SDK invents a new one at every opening (measured). */
  function readPerson({ id, nickname, url }) {
    return url ? { id, nickname, url } : { id, nickname };
  }

  function secondsToRenewal(remaining) {
    return Math.max(1, remaining - Math.min(60, remaining / 5));
  }

  function secondsToRetry(attempt, retryAfter) {
    const wait = Math.max(retryAfter, 4 * 2 ** attempt) * (1 + Math.random() / 2);
    return Math.min(LONGEST_WAIT_S, wait);
  }

  /* Seconds since now. One clock stops in sleep, the other jumps when it is set: the larger
     one errs on the side of asking too early. */
  function stopwatch() {
    const [monotonic, wall] = [performance.now(), Date.now()];
    return () => Math.max(performance.now() - monotonic, Date.now() - wall) / 1000;
  }

  function isOffline() {
    return navigator.onLine === false;
  }

  function sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  function inTime(promise, ms) {
    return Promise.race([promise, sleep(ms).then(() => Promise.reject(new Refusal("failed")))]);
  }

  // The session view

  async function post(url, body) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        redirect: "manual",
        signal: abort.signal,
      });
      return [response, await response.text()];
    } catch {
      throw new Refusal(isOffline() ? "offline" : "unavailable");
    } finally {
      clearTimeout(timer);
    }
  }

  /* A redirect (somebody's login page) or anything but JSON is no answer. */
  function readAnswer(response, text) {
    const type = (response.headers.get("Content-Type") || "").split(";")[0];
    const isJson = type === "application/json" || type === "application/problem+json";
    try {
      return isJson ? JSON.parse(text) : null;
    } catch {
      return null;
    }
  }

  async function askSession(url, body) {
    const [response, text] = await post(url, body);
    const answer = readAnswer(response, text);
    if (response.ok && answer && answer.token) {
      const elapsed = stopwatch();
      return { ...answer, elapsed, remaining: () => answer.expires_at - answer.now - elapsed() };
    }
    const known = answer && answer.code;
    const code =
      known ||
      (response.status === 429
        ? "rate_limited"
        : response.status >= 500
          ? "unavailable"
          : "session_error");
    throw new Refusal(code, {
      retryAfter: Number(response.headers.get("Retry-After")) || 0,
      loginUrl: (answer && answer.login_url) || "",
    });
  }

  /* One tab after the other, so that the first request of the second one carries the cookie
     that the first tab was given. A frozen tab may hold the turn: then we go without. */
  async function inTurn(task) {
    if (!navigator.locks) return task();
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TURN_TIMEOUT_MS);
    let isMine = false;
    const take = () => {
      isMine = true;
      clearTimeout(timer);
      return task();
    };
    try {
      return await navigator.locks.request(
        "coze-widget-session",
        { signal: patience.signal },
        take,
      );
    } catch (error) {
      if (isMine) throw error;
      return task();
    }
  }

  // The SDK's script

  let loading = null;
  let attempts = 0;

  function loadSdk(url, { again = false } = {}) {
    if (!loading || again) {
      attempts += 1;
      loading = fetchSdk(new URL(url, location.href), { again });
      loading.catch(() => {
        loading = null;
      });
    }
    return loading;
  }

  function fetchSdk(url, { again }) {
    if (window.CozeWebSDK) return Promise.resolve();
    // A browser joins the request for the same address that is still on its way.
    if (again) url.searchParams.set("again", attempts);
    return new Promise((resolve, reject) => {
      const settle = () =>
        window.CozeWebSDK ? resolve() : reject(new Refusal(isOffline() ? "offline" : "failed"));
      const script = findSdk(url) || addSdk(url);
      script.addEventListener("load", settle);
      script.addEventListener("error", settle);
      // It may have failed before we came.
      if (attempts === 1) window.addEventListener("load", settle);
    });
  }

  /* The page may have brought it along: the eager form that Coze documents. */
  function findSdk({ href }) {
    const mayBeThere = attempts === 1 && document.readyState !== "complete";
    return mayBeThere && Array.from(document.scripts).find((script) => script.src === href);
  }

  function addSdk({ href }) {
    const script = document.createElement("script");
    script.async = true;
    script.src = href;
    document.head.append(script);
    return script;
  }

  // The cookie `i18next`, which the SDK writes for the whole origin when the chat opens

  /* In the frame we own the document: what the SDK writes does not arrive. */
  function shieldCookie() {
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
    Object.defineProperty(document, "cookie", {
      configurable: true,
      get: () => get.call(document),
      set: (text) => {
        if (!/^\s*i18next\s*=/.test(text)) set.call(document, text);
      },
    });
  }

  /* In the page it is put back; how long it was to live nobody can read. */
  class CookieKeeper {
    read() {
      const found = /(?:^|; )i18next=([^;]*)/.exec(document.cookie);
      return found ? found[1] : null;
    }

    remember() {
      this.kept = this.read();
    }

    putBack(lang) {
      if (this.read() === this.kept || this.read() !== lang) return;
      document.cookie =
        this.kept === null
          ? "i18next=; path=/; max-age=0"
          : `i18next=${this.kept}; path=/; SameSite=Lax`;
    }
  }

  // Our own sentences

  function element(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.keys(attributes).forEach((name) => node.setAttribute(name, attributes[name]));
    node.append(...children);
    return node;
  }

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS(svg.namespaceURI, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  function button(name, text, onClick) {
    const node = element("button", { class: name, type: "button" }, text);
    node.addEventListener("click", onClick);
    return node;
  }

  class Sign {
    constructor(island) {
      this.island = island;
      this.host = element("div", { "data-coze-chat": island.slug, "data-place": island.place });
      const link = element("link", { rel: "stylesheet", href: island.stylesheet_url });
      this.shell = element("div", { class: "shell", hidden: "" });
      link.onload = link.onerror = () => {
        this.shell.hidden = false;
      };
      this.host.attachShadow({ mode: "open" }).append(link, this.shell);
      const { width } = island.options.ui.chatBot;
      const { zIndex } = island.options.ui.base || {};
      if (width) this.shell.style.setProperty("--width", `${width}px`);
      if (zIndex) this.shell.style.zIndex = zIndex;
    }

    /* A sentence instead of the chat. `loginUrl` has been checked by the caller. */
    showPanel(texts, { title, sentence, isWaiting, loginUrl, onRetry, onClose }) {
      if (this.panel && this.sentence === sentence) return; // said already
      const close = button("close", icon("close"), onClose);
      close.setAttribute("aria-label", texts.close);
      const body = element(
        "div",
        { class: "body", role: isWaiting ? "status" : "alert" },
        ...(isWaiting ? [] : [icon("notice")]),
        element("p", {}, sentence),
      );
      if (loginUrl)
        body.append(
          element("a", { class: "link action", href: loginUrl, target: "_top" }, texts.log_in),
        );
      else if (onRetry) body.append(button("action", texts.retry, onRetry));
      const bar = element(
        "div",
        { class: "bar" },
        element("div", { class: "title" }, title),
        close,
      );
      this.clearPanel();
      this.showStrip(texts);
      this.sentence = sentence;
      this.panel = element(
        "div",
        { class: "panel", role: "group", "aria-label": title },
        bar,
        body,
      );
      this.shell.append(this.panel);
    }

    focusPanel() {
      const action =
        this.panel && (this.panel.querySelector(".action") || this.panel.querySelector(".close"));
      if (action) action.focus();
    }

    clearPanel() {
      if (this.panel) this.panel.remove();
      this.panel = null;
    }

    showStrip(texts, notice = null, onAgain = null) {
      if (this.strip) this.strip.remove();
      this.strip = null;
      if (!notice) return;
      this.strip = element("div", { class: "strip" }, element("p", {}, texts[notice]));
      if (notice === "guest") this.strip.append(button("again", texts.new_visitor, onAgain));
      this.shell.prepend(this.strip);
    }

    /* Where the SDK covers the whole screen of the page, the strip lies over it. */
    makeRoom() {
      if (this.island.place === "inline" && window.matchMedia(NARROW).matches) this.showStrip();
    }

    setVisible(isVisible) {
      this.host.hidden = !isVisible;
    }
  }

  // What the SDK has drawn

  class Screen {
    constructor(place) {
      this.place = place; // our element in the frame; inline, the SDK adds its own to the body
      this.roots = place ? [place] : [];
      this.lastChange = stopwatch();
      this.observer = new MutationObserver(() => {
        this.lastChange = stopwatch();
        this.onChange();
      });
      this.onChange = () => {};
      this.isConcealed = false;
    }

    /* What is concealed neither Tab nor a screen reader reaches; a draft stays in it. */
    conceal(isConcealed) {
      const { activeElement } = document;
      this.isConcealed = isConcealed;
      if (isConcealed && this.roots.some((root) => root.contains(activeElement)))
        activeElement.blur();
      this.roots.forEach(({ style }) => {
        if (isConcealed) style.setProperty("visibility", "hidden", "important");
        else style.removeProperty("visibility");
      });
    }

    /* Runs `construct` and remembers which elements it has added. */
    watch(construct) {
      const before = new Set(document.body.children);
      const made = construct();
      if (!this.place)
        this.roots = Array.from(document.body.children).filter((node) => !before.has(node));
      this.roots.forEach((root) =>
        this.observer.observe(root, { childList: true, characterData: true, subtree: true }),
      );
      this.conceal(this.isConcealed);
      return made;
    }

    unwatch() {
      this.observer.disconnect();
    }

    input() {
      const fields = this.roots.reduce(
        (all, root) => all.concat(...root.querySelectorAll("textarea")),
        [],
      );
      return fields.find((field) => field.getClientRects().length && !field.readOnly) || null;
    }

    hasFocus() {
      const field = this.input();
      return field !== null && document.activeElement === field;
    }

    draft() {
      const field = this.input();
      return field ? field.value : "";
    }

    async usable(timeout) {
      const elapsed = stopwatch();
      while (!this.input() && elapsed() * 1000 < timeout) await sleep(30);
    }

    /* Through the native setter: a framework that watches the field must notice. */
    async restore({ text, hadFocus }) {
      await this.usable(RESTORE_TIMEOUT_MS);
      const field = this.input();
      if (!field) return;
      if (text && !field.value) {
        Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(
          field,
          text,
        );
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (hadFocus) field.focus();
    }

    focus() {
      const field = this.input();
      // On a touch screen that would raise the keyboard over the conversation.
      if (field && !window.matchMedia("(pointer: coarse)").matches) field.focus();
    }
  }

  /* Whether an answer may still be on its way. The SDK does not say; what it draws does. */
  class Conversation {
    constructor(screen) {
      this.screen = screen;
      this.sent = null;
    }

    /* Called before every key and click: a draft that is gone afterwards was sent. */
    async watchSending() {
      if (!this.screen.draft()) return;
      await sleep(300);
      if (!this.screen.draft()) this.sent = stopwatch();
    }

    isQuiet() {
      const calm = this.screen.lastChange();
      if (this.sent && this.sent() < 60) {
        const hasAnswered = this.sent() - calm > 1;
        if (!hasAnswered || calm < 3) return false;
        this.sent = null;
      }
      return calm > 1.5;
    }
  }

  /* One client of the SDK's. What it asks before it shows or hides by itself, and tells
     afterwards, are the `hooks`: mayShow, mayHide, onShow, onHide. */
  class Client {
    constructor(args, screen, hooks) {
      this.screen = screen;
      this.conversation = new Conversation(screen);
      this.isOurs = false; // it is us who show or hide it
      this.mounted = null; // the session whose token the mounted chat holds
      this.isUp = false; // the SDK shows it
      this.mounting = null;
      this.draft = null;
      Object.assign(args.ui.chatBot, {
        onBeforeShow: () => this.isOurs || hooks.mayShow(),
        onBeforeHide: () => this.isOurs || hooks.mayHide(),
        onShow: () => (this.told ? this.told() : hooks.onShow()),
        onHide: () => {
          this.isUp = false;
          if (this.told) this.told();
          else hooks.onHide();
        },
      });
      this.sdk = screen.watch(() => new window.CozeWebSDK.WebChatClient(args));
      this.args = this.sdk.options || args;
    }

    /* The SDK keeps a refreshed token only inside the mounted chat (measured): the next
       mounting reads it here. */
    use(session) {
      this.args.auth.token = session ? session.token : NO_TOKEN_YET;
      if (session)
        this.args.userInfo = Object.assign(this.args.userInfo || {}, readPerson(session.user));
    }

    mount(session) {
      this.mounting = this.mounting || this.open(session);
      return this.mounting;
    }

    async open(session) {
      try {
        this.use(session);
        await this.turn("showChatBot");
        this.mounted = session;
        this.isUp = true;
        if (this.draft) this.screen.restore(this.draft);
        this.draft = null;
        await this.screen.usable(USABLE_TIMEOUT_MS);
      } finally {
        this.mounting = null;
      }
    }

    /* The SDK returns at once and tells later. */
    async turn(method) {
      const told = new Promise((resolve) => {
        this.told = resolve;
      });
      this.isOurs = true;
      try {
        this.sdk[method]();
        await inTime(told, SHOW_TIMEOUT_MS);
      } finally {
        this.told = null;
        this.isOurs = false;
      }
    }

    async mountAgain(session) {
      this.draft = { text: this.screen.draft(), hadFocus: this.screen.hasFocus() };
      await this.turn("hideChatBot");
      await this.mount(session);
    }

    /* Just before its token ends a half-typed message is no reason to wait any more. */
    isReadyForAnother() {
      const isUrgent = this.mounted.remaining() < 5;
      return this.conversation.isQuiet() && (isUrgent || !this.screen.draft());
    }

    destroy() {
      this.screen.unwatch();
      try {
        this.sdk.destroy();
      } catch {
        // NotFoundError where the page has replaced its body meanwhile (measured).
      }
    }
  }

  // The page, or the frame's parent

  class Page {
    constructor(island, onMessage) {
      this.slug = island.slug;
      this.onMessage = onMessage;
      this.port = null;
      window.addEventListener("message", (event) => this.hear(event));
    }

    greet() {
      window.parent.postMessage({ coze_widget: PROTOCOL, type: "hello", slug: this.slug }, "*");
    }

    hear(event) {
      const { coze_widget: protocol, type, slug } = event.data || {};
      if (event.source !== window.parent || event.origin !== location.origin) return;
      if (!(Math.abs(protocol - PROTOCOL) <= 1) || slug !== this.slug) return;
      // Inline, the loader may come after us, or come anew: then it calls.
      if (type === "call") this.greet();
      if (type !== "welcome") return;
      [this.port] = event.ports;
      this.port.onmessage = (message) => this.onMessage(message.data);
      this.onMessage(event.data);
    }

    tell(type, code) {
      if (this.port) this.port.postMessage(code ? { type, code } : { type });
    }
  }

  class Chat {
    constructor(island) {
      this.island = island;
      this.isFrame = island.place === "frame";
      this.usesSdkLauncher = island.options.ui.asstBtn.isNeed;
      this.overrides = {};
      this.returnTo = location.pathname + location.search + location.hash;
      this.lang = readLanguage(
        (island.options.ui.base || {}).lang || island.lang || document.documentElement.lang,
      );
      this.cookie = new CookieKeeper();
      this.sign = new Sign(island);
      this.lastInput = stopwatch();
      this.client = null;
      this.failures = 0;
      this.openings = 0;
      this.page = new Page(island, (message) => this.hear(message));
      this.stand();
      this.listen();
      if (this.usesSdkLauncher) this.prepare();
      else this.page.greet();
    }

    get texts() {
      return this.island.texts[this.lang];
    }

    stand() {
      if (this.isFrame) {
        const place = element("div", { class: "coze-chat-place" });
        document.body.append(element("div", { class: "coze-chat-frame" }, place, this.sign.host));
        this.screen = new Screen(place);
        shieldCookie();
        window.alert = () => this.fail(new Refusal("session_error"));
      } else {
        document.documentElement.append(this.sign.host);
        this.screen = new Screen(null);
        this.sign.setVisible(false);
      }
    }

    listen() {
      const noteInput = (event) => {
        this.lastInput = stopwatch();
        if (this.isOverdue) this.check();
        if (!event.composedPath().includes(this.sign.host)) this.sign.makeRoom();
        if (this.client) this.client.conversation.watchSending();
      };
      ["pointerdown", "keydown"].forEach((type) =>
        document.addEventListener(type, noteInput, true),
      );
      ["online", "focus"].forEach((type) => window.addEventListener(type, () => this.check()));
      this.listenForReturns();
      if (!this.isFrame) {
        this.watchFocusOf(window);
        this.screen.onChange = () => this.putBackCookie();
        return;
      }
      window.addEventListener("focus", () => this.takeFocus());
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) this.leave();
      });
    }

    // Away and back

    /* While nobody was here somebody else may have logged in: in another tab, in another
       window, or in this tab, which then brings the page back from the back/forward cache as
       it was. So what stands is covered until the site has said who is there. A page that
       was hidden asks at every return. One that only lost the focus asks after a few seconds,
       and a step between page and frame is no loss at all. */
    listenForReturns() {
      document.addEventListener("visibilitychange", () => {
        if (document.hidden) this.isReturning = false;
        else if (this.isShown || this.refusal) this.comeBack();
      });
      window.addEventListener("pagehide", () => {
        this.isReturning = false;
        if (this.isShown) this.cover(); // kept as it looks now
      });
      window.addEventListener("pageshow", ({ persisted }) => {
        if (persisted) this.comeBack();
      });
    }

    /* Of the window around everything: ours, or the one with our frame in it. */
    watchFocusOf(outer) {
      this.outer = outer;
      const lose = () => {
        const isLost = !outer.document.hasFocus();
        if (isLost && !this.unfocused) this.unfocused = stopwatch();
      };
      const onBlur = () => setTimeout(lose); // by then the frame has what the page has lost
      const onFocus = () => {
        const { unfocused } = this;
        this.unfocused = null;
        // It may have finished opening meanwhile; while it opens it asks anyway.
        if (this.isShown && unfocused && unfocused() > AWAY_AFTER_S) this.comeBack();
      };
      const places = new Set([window, outer]);
      places.forEach((place) => place.addEventListener("blur", onBlur));
      places.forEach((place) => place.addEventListener("focus", onFocus));
      window.addEventListener("pagehide", ({ persisted }) => {
        if (persisted) return;
        outer.removeEventListener("blur", onBlur);
        outer.removeEventListener("focus", onFocus);
      });
    }

    /* Several events tell of one return: the first one starts the asking. */
    async comeBack() {
      if (this.isReturning) return;
      this.asking = null; // an answer from before the return says nothing
      this.unfocused = null;
      const isFinal = this.refusal && FINAL.includes(this.refusal.code);
      if (!this.isWanted || isFinal) return;
      this.isReturning = true;
      this.cover();
      this.isShown = false;
      await this.show();
      this.isReturning = false;
    }

    cover() {
      // Inline, the focus may be anywhere in the page: it is not ours to move.
      if (!this.screen.isConcealed) this.leavesFocus = !this.isFrame && !this.screen.hasFocus();
      this.say(this.texts.connecting, { isWaiting: true });
    }

    /* Our panel, instead of the chat. */
    say(sentence, options = {}) {
      this.screen.conceal(true);
      this.sign.setVisible(true);
      this.sign.showPanel(this.texts, {
        title: this.overrides.title || this.island.options.ui.chatBot.title || this.texts.title,
        sentence,
        onClose: () => this.leave(),
        ...options,
      });
    }

    // What the page says

    hear(message) {
      if (message.type === "welcome") this.settleIn(message);
      else if (message.type === "show") this.show();
      else if (message.type === "hide") this.hide();
      else if (message.type === "destroy") this.destroy();
    }

    settleIn({ lang, overrides, return_to: returnTo }) {
      const { base = {} } = this.island.options.ui;
      this.overrides = readOverrides(overrides);
      if (!base.lang) this.lang = readLanguage(lang);
      if (typeof returnTo === "string") this.returnTo = returnTo;
      if (this.isFrame) document.documentElement.lang = this.lang;
      if (!this.outer) this.watchFocusOf(window.parent); // of our origin, as the welcome says
    }

    // Showing and hiding

    /* Every opening asks the site who is there, before anything is seen. */
    async show() {
      const opening = (this.openings += 1);
      const isStuck = Boolean(this.starting) && this.starting() > STUCK_AFTER_S;
      clearTimeout(this.retryTimer);
      this.isWanted = true;
      this.lastInput = stopwatch();
      this.starting = stopwatch();
      try {
        const sdk = loadSdk(this.island.sdk_url, { again: isStuck });
        // The site's answer says more than a script that is missing, so it comes first.
        await this.renew();
        await sdk;
        // Closed meanwhile, or opened once more: then that one goes on.
        if (opening === this.openings) await this.reveal(opening);
      } catch (error) {
        if (opening === this.openings) this.fail(error);
      }
    }

    async reveal(opening) {
      if (!this.client) this.construct();
      if (!this.client.isUp) await this.mount();
      if (opening !== this.openings) return;
      this.uncover();
      this.keepMountedFresh();
    }

    async mount() {
      this.cookie.remember();
      await this.client.mount(this.session);
      this.putBackCookie();
    }

    uncover() {
      this.isShown = true;
      this.refusal = null;
      this.starting = null;
      this.failures = 0;
      this.screen.conceal(false);
      this.sign.clearPanel();
      this.sign.setVisible(true);
      this.sign.showStrip(this.texts, this.session.notice, () => this.startOver());
      this.page.tell("ready");
      this.schedule();
      if (!this.leavesFocus) this.takeFocus();
      this.leavesFocus = false;
    }

    hide() {
      const { refusal } = this;
      const isFinal = refusal && FINAL.includes(refusal.code);
      this.stopShowing();
      if (isFinal) this.page.tell("gone");
      else if (!this.isFrame) this.hideInline();
    }

    /* Coze's own button stands beside the chat: it is seen again once the chat is away. */
    hideInline() {
      const { client } = this;
      if (!client || !client.isUp) this.screen.conceal(false);
      if (!client) {
        if (this.usesSdkLauncher) this.prepare();
        return;
      }
      client.isUp = false;
      client.sdk.hideChatBot();
    }

    stopShowing() {
      this.openings += 1;
      this.isWanted = false;
      this.isShown = false;
      this.starting = null;
      clearTimeout(this.timer);
      clearTimeout(this.retryTimer);
      if (!this.isFrame) this.sign.setVisible(false);
    }

    /* The visitor closes the chat on our side. */
    leave() {
      if (!this.isWanted && !this.refusal) return;
      this.hide();
      this.page.tell("closed");
    }

    /* Where the frame has the focus and nothing in it has, the input gets it. */
    takeFocus() {
      const { activeElement } = document;
      const isFree =
        !activeElement ||
        activeElement === document.body ||
        activeElement.matches("[data-coze-widget]");
      if (!isFree || !document.hasFocus()) return;
      if (this.sign.panel) this.sign.focusPanel();
      else this.screen.focus();
    }

    /* What passes leaves the chat as it is; after anything else it starts from nothing. */
    fail(error) {
      const refusal = error instanceof Refusal ? error : new Refusal("failed");
      const isPassing = PASSING.includes(refusal.code);
      this.refusal = refusal;
      this.isShown = false;
      this.starting = null;
      clearTimeout(this.timer);
      if (!isPassing) this.drop();
      if (!this.isWanted) return;
      this.say(this.texts[SENTENCES[refusal.code] || "session_error"], {
        loginUrl: this.loginUrl(refusal),
        onRetry: FINAL.includes(refusal.code) ? null : () => this.tryAgain(),
      });
      this.page.tell("failed", refusal.code);
      this.takeFocus();
      if (isPassing) this.tryLater(refusal);
    }

    tryAgain() {
      this.cover();
      this.sign.focusPanel();
      this.show();
    }

    /* Nobody looks at a hidden page: there the return asks. */
    tryLater({ retryAfter }) {
      const again = () => document.hidden || this.show();
      clearTimeout(this.retryTimer);
      this.retryTimer = setTimeout(again, secondsToRetry(this.failures, retryAfter) * 1000);
      this.failures += 1;
    }

    loginUrl({ code, loginUrl }) {
      if (code !== "login_required" || !loginUrl) return "";
      const url = new URL(loginUrl, location.href);
      if (!/^https?:$/.test(url.protocol)) return "";
      url.searchParams.set("next", this.returnTo);
      return url.href;
    }

    async startOver() {
      this.drop();
      this.session = null;
      this.isShown = false;
      try {
        const [response] = await post(this.island.forget_url, {});
        if (!response.ok) throw new Refusal("session_error");
        this.show();
      } catch (error) {
        this.fail(error);
      }
    }

    // The SDK's client

    construct() {
      const args = buildArguments(this.island.options, {
        overrides: this.overrides,
        lang: this.lang,
        person: this.session ? this.session.user : { id: "", nickname: "" },
      });
      if (!this.isFrame && !args.ui.base.layout && window.matchMedia(NARROW).matches) {
        args.ui.base.layout = "mobile"; // by itself it goes by the device, not by the width
      }
      // The constructor prints what it is given: the token comes afterwards.
      args.auth = { type: "token", token: "", onRefreshToken: (old) => this.refresh(old) };
      if (this.isFrame) args.ui.chatBot.el = this.screen.place;
      this.cookie.remember();
      this.client = new Client(args, this.screen, {
        mayShow: () => !this.usesSdkLauncher || this.admit(),
        mayHide: () => this.mayHide(),
        onShow: () => this.usesSdkLauncher && this.onOwnShow(),
        onHide: () => this.onHide(),
      });
      this.client.use(this.session);
    }

    /* In the frame closing only hides the frame: the answer runs on, the draft stays. */
    mayHide() {
      if (!this.isFrame) return true;
      this.leave();
      return false;
    }

    onHide() {
      this.screen.conceal(false);
      this.stopShowing();
      this.page.tell("closed");
    }

    putBackCookie() {
      if (!this.isFrame) this.cookie.putBack(this.lang);
    }

    drop() {
      if (this.client) this.client.destroy();
      this.client = null;
    }

    destroy() {
      this.stopShowing();
      this.drop();
      this.sign.clearPanel();
    }

    // The SDK's own launcher (inline only): it shows, we are asked

    async prepare() {
      try {
        await loadSdk(this.island.sdk_url);
        this.construct();
      } catch {
        // Without its script the SDK has no launcher: the page is none the worse.
      }
    }

    async admit() {
      const { client } = this;
      this.isWanted = true;
      try {
        await this.renew();
        if (this.client === client) return true;
        this.construct();
        this.client.sdk.showChatBot();
      } catch (error) {
        this.fail(error);
      }
      return false;
    }

    onOwnShow() {
      this.client.mounted = this.session;
      this.client.isUp = true;
      this.uncover();
      this.screen.usable(USABLE_TIMEOUT_MS).then(() => this.putBackCookie());
    }

    // The token

    /* Asks the session view; one request at a time. */
    renew(body = {}) {
      if (!this.asking) this.asking = this.ask(body);
      return this.asking;
    }

    ask(body) {
      const send = () => askSession(this.island.session_url, body);
      const isLatest = () => asking === this.asking;
      const asking = (this.session ? send() : inTurn(send)).then(
        (session) => (isLatest() ? this.adopt(session) : this.asking || this.session),
        (error) => (isLatest() ? Promise.reject(error) : this.renew()),
      );
      const done = () => {
        if (isLatest()) this.asking = null;
      };
      asking.then(done, done);
      return asking;
    }

    adopt(session) {
      const earlier = this.session;
      this.session = session;
      if (earlier && earlier.epoch !== session.epoch) this.handOver();
      else if (this.client) this.client.use(session);
      return session;
    }

    /* Somebody else is there now: nothing of the earlier person's stays. */
    handOver() {
      const wasShown = this.isShown;
      if (wasShown) this.cover();
      this.isShown = false;
      this.drop();
      if (wasShown) this.show();
    }

    /* The SDK's `onRefreshToken`. Never rejects: that would end all later refreshes. */
    async refresh(old) {
      const { session } = this;
      try {
        if (session && old && old !== NO_TOKEN_YET) await this.replace(old);
        else if (!session) await this.renew();
      } catch (error) {
        if (error instanceof Refusal && !PASSING.includes(error.code)) this.fail(error);
      }
      if (!this.session) return NO_TOKEN_YET;
      // Another person's token is not for the chat that asks here.
      return session && session.epoch !== this.session.epoch ? session.token : this.session.token;
    }

    async replace(old) {
      const { session, client } = this;
      if (old === session.token) {
        if (session.isReplacement && session.elapsed() < HOPELESS_AFTER_S)
          throw new Refusal("permission");
        await this.refuse(session.token_id);
        this.schedule();
      }
      // The SDK keeps what it is given now.
      if (this.client === client) client.mounted = this.session;
    }

    /* A request that is under way already does not say what was refused. */
    async refuse(tokenId) {
      while (this.asking) await this.asking;
      if (this.session.token_id !== tokenId) return;
      const session = await this.renew({ refused: tokenId });
      session.isReplacement = true;
    }

    schedule() {
      clearTimeout(this.timer);
      if (!this.isShown) return;
      const wait = secondsToRenewal(this.session.remaining());
      this.renewAt = { elapsed: stopwatch(), wait };
      this.timer = setTimeout(() => this.check(), wait * 1000);
    }

    /* Renews where it is time, also after a sleep in which no timer ran. */
    async check() {
      const isDue =
        this.isOverdue || (this.renewAt && this.renewAt.elapsed() >= this.renewAt.wait - 0.05);
      if (!this.isShown || !isDue || document.hidden) return;
      if (this.lastInput() > IDLE_AFTER_S) {
        this.isOverdue = true;
        return;
      }
      this.isOverdue = false;
      try {
        await this.renew();
        this.failures = 0;
        this.schedule();
        this.keepMountedFresh();
      } catch (error) {
        if (PASSING.includes(error.code)) this.checkLater(error);
        else this.fail(error);
      }
    }

    checkLater({ retryAfter }) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.check(), secondsToRetry(this.failures, retryAfter) * 1000);
      this.failures += 1;
    }

    /* The mounted chat knows only the token of its mounting: mount again, at a quiet moment. */
    async keepMountedFresh() {
      const { client } = this;
      if (!client || client.isFreshening) return;
      client.isFreshening = true;
      try {
        while (
          this.isShown &&
          this.client === client &&
          client.mounted.token !== this.session.token
        ) {
          if (client.isReadyForAnother()) await this.mountAgain();
          else await sleep(250);
        }
      } catch (error) {
        this.fail(error);
      }
      client.isFreshening = false;
    }

    async mountAgain() {
      this.cookie.remember();
      await this.client.mountAgain(this.session);
      this.putBackCookie();
    }
  }

  function boot() {
    document.querySelectorAll('script[type="application/json"]').forEach((script) => {
      if (!/^coze-chat(-|$)/.test(script.id) || script.hasAttribute("data-read")) return;
      script.setAttribute("data-read", "");
      try {
        new Chat(JSON.parse(script.textContent));
      } catch (error) {
        console.error(script.id, error); // the other chats stand all the same
      }
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
})();
