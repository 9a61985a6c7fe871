/* The chat beside Coze's SDK, in the frame's document or in the page itself. Asks the site who
   is there, loads the SDK, hands it a token and keeps that fresh. What it works around was
   measured with the open-source SDK (1.2.0-beta.17); each place says what. */
(() => {
  "use strict";

  const PROTOCOL = 2; // its neighbours are understood too: docs/upgrading.md
  // From here on a page is asked before the chat goes.
  const PROTOCOL_OF_LEAVE = 2;
  const LANGUAGES = ["en", "zh-CN"];
  const MAX_TITLE_LENGTH = 100;
  const MAX_NICKNAME_LENGTH = 50;
  const MAX_PARAMETERS_BYTES = 16 * 1024;
  // A document of before protocol 2 does not say what its row leaves to the page.
  const PAGE_MAY = ["title", "parameters"];
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
  // Whoever has touched nothing for so long is not in the middle of a word.
  const PAUSE_AFTER_S = 1;
  const LONGEST_WAIT_S = 5 * 60;
  const NARROW = "(max-width: 640px)";
  // The requests whose answer streams in: agents, apps.
  const ANSWERS = /\/v3\/chat$|\/v1\/workflows\/chat$/;
  // Stands in for a token in the SDK's check, which would alert() without one.
  const NO_TOKEN_YET = "-";

  // What the SDK leaves in the storage of the whole origin (measured, or read in its source).
  const LEFTOVERS = /^(coze__OpenSDKUID__|coze__ChatHistory__|cache:@coze-common\/|SLARDAR)/;
  // A visitor reads a longer wait in minutes.
  const LONG_WAIT_S = 90;

  const ICONS = {
    close: "M6 6l12 12M18 6L6 18",
    notice: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v5M12 16.5h.01",
  };
  // The server's code (or ours) → the key of the sentence that the visitor reads.
  const SENTENCES = {
    bad_gateway: "unavailable",
    closed: "closed",
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
  // Pressing a button would not help.
  const WITHOUT_RETRY = [...FINAL, "closed"];

  class Refusal extends Error {
    constructor(code, { retryAfter = 0, loginUrl = "", opensAt = 0, epoch = "" } = {}) {
      super(code);
      this.code = code;
      this.retryAfter = retryAfter;
      this.loginUrl = loginUrl;
      this.opensAt = opensAt;
      this.epoch = epoch;
    }
  }

  /* `said` is a problem's body (RFC 9457), or what a page tells of one. */
  function refusalOf(code, said, retryAfter) {
    const { login_url: loginUrl, opens_at: opensAt, epoch } = said || {};
    return new Refusal(code, { retryAfter: Number(retryAfter) || 0, loginUrl, opensAt, epoch });
  }

  // Pure parts

  function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  function copy(value) {
    return JSON.parse(JSON.stringify(value));
  }

  function readText(said, longest) {
    const isFit = typeof said === "string" && said.trim() && Array.from(said).length <= longest;
    return isFit ? said : null;
  }

  function readParameters(said) {
    try {
      const json = JSON.stringify(said);
      const parameters = JSON.parse(json);
      const isFit = isObject(parameters) && new Blob([json]).size <= MAX_PARAMETERS_BYTES;
      return isFit ? parameters : null;
    } catch {
      return null; // a circle, or too deep
    }
  }

  // What a page may say differently, where the row leaves it to the page: null is no value.
  const READERS = {
    title: (said) => readText(said, MAX_TITLE_LENGTH),
    lang: (said) => (LANGUAGES.includes(said) ? said : null),
    parameters: readParameters,
    nickname: (said) => readText(said, MAX_NICKNAME_LENGTH),
  };

  /* The warnings name a key and never its value, which may be somebody's name. */
  function readOverrides(said, may) {
    const overrides = {};
    if (!isObject(said)) return overrides;
    Object.keys(said).forEach((name) => {
      if (said[name] === null || said[name] === undefined || said[name] === "") return;
      const isLeft = may.includes(name) && Object.keys(READERS).includes(name);
      const value = isLeft ? READERS[name](said[name]) : null;
      if (value !== null) overrides[name] = value;
      else
        console.warn(
          `coze_widget: the page's "${name}" is ignored:`,
          isLeft ? "wrong kind of value, or too long" : "the widget does not leave it to pages",
        );
    });
    return overrides;
  }

  function readLanguage(said) {
    return LANGUAGES.includes(said) ? said : LANGUAGES[0];
  }

  /* What the SDK's constructor gets, but for functions, elements and the token. */
  function buildArguments(options, { overrides, lang, person, isSecure }) {
    const args = copy(options); // the SDK writes into what it is given
    const { config, ui } = args;
    ui.base = { ...ui.base, lang };
    if (overrides.title) ui.chatBot.title = overrides.title;
    // There is no microphone for a page that came over plain http.
    if (!isSecure) ui.chatBot.isNeedAudio = false;
    if (overrides.parameters) {
      const group = config.type === "app" ? "appInfo" : "botInfo";
      const { parameters, ...rest } = config[group] || {};
      config[group] = { ...rest, parameters: { ...parameters, ...overrides.parameters } };
    }
    args.userInfo = { ...args.userInfo, ...person };
    return args;
  }

  /* Without an id the SDK invents a new one at every opening (measured). Who somebody is
     the site alone says; what they are called here the page may say. */
  function readPerson({ id, nickname, url }, overrides) {
    const person = { id, nickname: overrides.nickname || nickname };
    return url ? { ...person, url } : person;
  }

  /* As the visitor's own clock will show it; nothing for what is no moment to come. */
  function formatMoment(seconds, lang) {
    const moment = new Date(seconds * 1000);
    const now = new Date();
    if (!(moment > now)) return "";
    const year = moment.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
    return new Intl.DateTimeFormat(lang, {
      ...year,
      month: "long",
      day: "numeric",
      weekday: "long",
      hour: "numeric",
      minute: "2-digit",
    }).format(moment);
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

  function readUrl(text, base) {
    try {
      return new URL(text, base);
    } catch {
      return null;
    }
  }

  function isOffline() {
    return navigator.onLine === false;
  }

  function sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /* Until something in there has changed, or for so long. */
  async function change(root, ms) {
    let observer;
    const noticed = new Promise((resolve) => {
      observer = new MutationObserver(resolve);
      observer.observe(root, { attributes: true, childList: true, subtree: true });
    });
    await Promise.race([noticed, sleep(ms)]);
    observer.disconnect();
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
    throw refusalOf(code, answer, response.headers.get("Retry-After"));
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

  function loadSdk(island, { again = false } = {}) {
    const { place, sdk_url: url, sdk_integrity: integrity } = island;
    if (place === "frame") lendStorage();
    if (!loading || again) {
      attempts += 1;
      loading = fetchSdk(new URL(url, location.href), { again, integrity });
      loading.catch(() => {
        loading = null;
      });
    }
    return loading;
  }

  function fetchSdk(url, { again, integrity }) {
    if (window.CozeWebSDK) return Promise.resolve();
    // A browser joins the request for the same address that is still on its way.
    if (again) url.searchParams.set("again", attempts);
    return new Promise((resolve, reject) => {
      const settle = () =>
        window.CozeWebSDK ? resolve() : reject(new Refusal(isOffline() ? "offline" : "failed"));
      const script = findSdk(url) || addSdk(url, integrity);
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

  /* A file with another hash is no script: the browser says "error", as of one that is missing. */
  function addSdk({ href }, integrity) {
    const script = document.createElement("script");
    script.async = true;
    if (integrity) {
      script.integrity = integrity;
      script.crossOrigin = "anonymous"; // what it cannot read it cannot hash
    }
    script.src = href;
    document.head.append(script);
    return script;
  }

  /* As with COZE_FRAME_SANDBOX: then a document of ours around this one speaks with the page
     and the site, and names the page's origin. */
  function hasNoOrigin() {
    return window.origin === "null";
  }

  // What lies in the browser's storage. A page may have none; the chat is none the worse.

  function keep(storage, key, value) {
    try {
      if (value === null) window[storage].removeItem(key);
      else window[storage].setItem(key, value);
    } catch {
      // forbidden, or full
    }
  }

  function recall(storage, key) {
    try {
      return window[storage].getItem(key);
    } catch {
      return null;
    }
  }

  /* Keys are properties, as of the browser's own. */
  function memory() {
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
      },
      removeItem(key) {
        delete this[key];
      },
      clear() {
        Object.keys(this).forEach((key) => this.removeItem(key));
      },
    });
  }

  /* A browser that keeps other sites' cookies away may forbid a frame its storage, too: then
     to look at it throws, and the SDK does not start. What it gets lasts as long as we. */
  function lendStorage() {
    ["localStorage", "sessionStorage"].forEach((storage) => {
      try {
        window[storage].getItem("");
      } catch {
        Object.defineProperty(window, storage, { configurable: true, value: memory() });
      }
    });
  }

  function clearLeftovers() {
    ["localStorage", "sessionStorage"].forEach((storage) => {
      try {
        Object.keys(window[storage])
          .filter((key) => LEFTOVERS.test(key))
          .forEach((key) => window[storage].removeItem(key));
      } catch {
        // forbidden
      }
    });
  }

  /* A half-typed message, for the same person in the same tab only. */
  class DraftKeeper {
    constructor(slug) {
      this.key = `coze-widget-draft-${slug}`;
    }

    put(epoch, text) {
      keep("sessionStorage", this.key, text ? JSON.stringify({ epoch, text }) : null);
    }

    /* Whoever asks, it is there once. */
    take(epoch) {
      const kept = recall("sessionStorage", this.key);
      this.put(epoch, "");
      try {
        const draft = JSON.parse(kept);
        return draft && draft.epoch === epoch && typeof draft.text === "string" ? draft.text : "";
      } catch {
        return "";
      }
    }
  }

  /* What identifies a visitor besides the site's own cookies: on other people's pages a
     token of theirs or, where no cookie comes back, a handle of ours; and for whom somebody
     has agreed that Coze is told. */
  class Papers {
    constructor({ slug, consent, keeps_guests: keepsGuests }) {
      this.handles = keepsGuests ? "localStorage" : "sessionStorage";
      this.handleKey = `coze-widget-handle-${slug}`;
      this.consentKey = `coze-widget-consent-${slug}`;
      this.asksConsent = Boolean(consent);
      this.agreed = null;
    }

    show(isEmbedded) {
      const papers = {};
      if (isEmbedded) papers.embedded = true;
      const handle = isEmbedded && (this.handle || recall(this.handles, this.handleKey));
      if (handle) papers.handle = handle;
      const agreed = this.agreed === null ? recall("localStorage", this.consentKey) : this.agreed;
      if (this.asksConsent && agreed !== null) papers.consent = agreed;
      return papers;
    }

    /* As the cookie, a guest's handle goes once somebody else is there. */
    keep({ handle, epoch, notice }) {
      if (handle || !notice) {
        this.handle = handle || "";
        keep(this.handles, this.handleKey, handle || null);
      }
      if (!this.asksConsent) return;
      this.agreed = epoch;
      keep("localStorage", this.consentKey, epoch);
    }

    forget() {
      this.handle = "";
      this.agreed = null;
      keep(this.handles, this.handleKey, null);
      keep("localStorage", this.consentKey, null);
    }
  }

  /* Tells the other tabs that somebody else is there; a browser may not have it. Open, it
     would keep the page out of the back/forward cache. */
  class Grapevine {
    constructor(slug, onNews) {
      this.slug = slug;
      this.onNews = onNews;
      this.open();
      window.addEventListener("pagehide", () => this.close());
      window.addEventListener("pageshow", () => this.channel || this.open());
    }

    open() {
      if (typeof window.BroadcastChannel !== "function") return;
      try {
        // eslint-disable-next-line compat/compat -- asked for above; Safari 14 has none
        this.channel = new window.BroadcastChannel("coze-widget");
        this.channel.onmessage = ({ data }) => this.onNews(data);
      } catch {
        // forbidden
      }
    }

    close() {
      if (this.channel) this.channel.close();
      this.channel = null;
    }

    tell(epoch) {
      if (this.channel) this.channel.postMessage({ epoch, slug: this.slug });
    }
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

    /* A sentence instead of the chat. `login` ({href, target}) has been checked by the
       caller, `link` ({href, text}) by the site. */
    showPanel(texts, { title, sentence, isWaiting, login, link, onAgree, onRetry, onClose }) {
      if (this.panel && this.sentence === sentence) return; // said already
      const close = button("close", icon("close"), onClose);
      close.setAttribute("aria-label", texts.close);
      const isCalm = isWaiting || Boolean(onAgree);
      const body = element(
        "div",
        { class: "body" },
        ...(isCalm ? [] : [icon("notice")]),
        element("p", { role: isCalm ? "status" : "alert" }, sentence),
      );
      if (link && link.href) {
        const { href, text } = link;
        body.append(element("a", { class: "more", href, target: "_blank", rel: "noopener" }, text));
      }
      if (login) body.append(element("a", { class: "link action", ...login }, texts.log_in));
      else if (onAgree) body.append(button("action", texts.agree, onAgree));
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
        { class: "panel", role: "region", "aria-label": title },
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
      if (isConcealed && this.contains(activeElement)) activeElement.blur();
      this.roots.forEach(({ style }) => {
        if (isConcealed) style.setProperty("visibility", "hidden", "important");
        else style.removeProperty("visibility");
      });
    }

    contains(node) {
      return this.roots.some((root) => root.contains(node));
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

    /* Also of a chat that is closed. */
    typed() {
      const fields = this.roots.map((root) => Array.from(root.querySelectorAll("textarea")));
      const typed = [].concat(...fields).find((field) => field.value && !field.readOnly);
      return typed ? typed.value : "";
    }

    async usable(timeout) {
      const elapsed = stopwatch();
      while (!this.input() && elapsed() * 1000 < timeout) await change(document.body, 100);
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
      this.answered = null;
      this.observer = new PerformanceObserver((list) => {
        const isAnswer = ({ name }) => ANSWERS.test(name.split("?")[0]);
        if (list.getEntries().some(isAnswer)) this.answered = stopwatch();
      });
      this.observer.observe({ type: "resource" }); // told when a response has ended
    }

    end() {
      this.observer.disconnect();
    }

    /* Called before every key and click: a draft that is gone afterwards was sent. */
    async watchSending() {
      if (!this.screen.draft()) return;
      const sent = stopwatch();
      await sleep(300);
      if (!this.screen.draft()) this.sent = sent;
    }

    isQuiet() {
      const calm = this.screen.lastChange();
      if (this.sent && this.sent() < 60) {
        const hasEnded = Boolean(this.answered) && this.answered() < this.sent();
        const hasAnswered = hasEnded || (this.sent() - calm > 1.3 && calm >= 3);
        if (!hasAnswered) return false;
        this.sent = null;
      }
      return calm > 1.5;
    }
  }

  /* One client of the SDK's. What it asks before it shows or hides by itself, and tells
     afterwards, are the `hooks`: mayShow, mayHide, onShow, onHide; `person` gives what it
     is to know of a visitor. */
  class Client {
    constructor(args, screen, hooks) {
      this.screen = screen;
      this.person = hooks.person;
      this.conversation = new Conversation(screen);
      this.isOurs = false; // it is us who show or hide it
      this.mounted = null; // the session whose token the mounted chat holds
      this.isUp = false; // the SDK shows it
      this.mounting = null;
      this.draft = null;
      Object.assign(args.ui.chatBot, {
        onBeforeShow: () => this.isOurs || hooks.mayShow(),
        onBeforeHide: () => this.isOurs || hooks.mayHide(),
        onShow: () => {
          this.isUp = true;
          if (this.told) this.told();
          else hooks.onShow();
        },
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
        this.args.userInfo = Object.assign(this.args.userInfo || {}, this.person(session.user));
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

    readDraft() {
      return { text: this.screen.draft(), hadFocus: this.screen.hasFocus() };
    }

    async mountAgain(session) {
      this.draft = this.readDraft();
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
      this.conversation.end();
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
      this.embedders = island.embedders || [];
      this.waiting = new Map(); // questions, by number: a late answer is to its own one
      this.asked = 0;
      // A page that is in a frame itself has another parent.
      this.window = island.place === "frame" ? window.parent : window;
      this.onMessage = onMessage;
      this.port = null;
      this.protocol = 0;
      this.answers = false;
      window.addEventListener("message", (event) => this.hear(event));
    }

    greet() {
      this.window.postMessage({ coze_widget: PROTOCOL, type: "hello", slug: this.slug }, "*");
    }

    hear(event) {
      const { coze_widget: protocol, type, slug, page_origin: vouched } = event.data || {};
      const origin = vouched && hasNoOrigin() ? String(vouched) : event.origin;
      if (event.source !== this.window || !this.mayHold(origin)) return;
      if (slug !== this.slug) return;
      // Inline, the page's half comes later, or comes anew: then it calls, and a stranger
      // learns from the answer that it is one.
      if (type === "call") this.greet();
      if (type !== "welcome" || !(Math.abs(protocol - PROTOCOL) <= 1)) return;
      if (!event.ports.length) return;
      this.protocol = protocol;
      // Says who is there, asks for consent, draws the frame anew for somebody else.
      this.answers = Boolean(event.data.answers);
      this.origin = origin;
      [this.port] = event.ports;
      this.port.onmessage = ({ data }) => this.answer(data) || this.onMessage(data);
      this.onMessage(event.data);
    }

    /* The frame's policy lets nobody else hold it; this is who may talk to it. */
    mayHold(origin) {
      const isLike = (pattern) => {
        const [before, after] = pattern.split("*");
        if (after === undefined) return origin === pattern;
        return origin.startsWith(before) && origin.endsWith(after);
      };
      return origin === location.origin || this.embedders.some(isLike);
    }

    get isOfAnotherOrigin() {
      return this.port !== null && this.origin !== location.origin;
    }

    /* Whether it is the page that closes the chat: it may have a reason not to. */
    get decides() {
      return this.port !== null && this.protocol >= PROTOCOL_OF_LEAVE;
    }

    tell(type, code) {
      if (this.port) this.port.postMessage(code ? { type, code } : { type });
    }

    /* Returns what the page says, null where it is too old to be asked. */
    ask(question, ms) {
      if (!this.answers) return Promise.resolve(null);
      const id = (this.asked += 1);
      const answer = new Promise((resolve) => this.waiting.set(id, resolve));
      this.port.postMessage({ type: question, id });
      return ms ? inTime(answer, ms) : answer;
    }

    answer(message) {
      const resolve = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (resolve) resolve(message);
      return Boolean(resolve);
    }
  }

  class Chat {
    constructor(island) {
      this.island = island;
      this.isFrame = island.place === "frame";
      this.usesSdkLauncher = island.options.ui.asstBtn.isNeed;
      this.pageLang = island.lang || document.documentElement.lang;
      this.obey(island.overrides);
      this.returnTo = location.pathname + location.search + location.hash;
      this.cookie = new CookieKeeper();
      this.drafts = new DraftKeeper(island.slug);
      this.papers = new Papers(island);
      this.grapevine = new Grapevine(island.slug, (news) => this.hearOf(news));
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
      window.addEventListener("online", () => {
        const isPassing = this.refusal && PASSING.includes(this.refusal.code);
        if (isPassing && this.isWanted && !document.hidden) this.show();
      });
      this.listenForReturns();
      if (!this.isFrame) {
        this.watchFocusOf(window);
        this.screen.onChange = () => this.putBackCookie();
        return;
      }
      if (hasNoOrigin()) this.keepDrafts();
      window.addEventListener("focus", () => this.takeFocus());
      document.addEventListener("keydown", (event) => {
        // A part of the page is not left by Escape.
        const isFree = !event.isComposing && !event.defaultPrevented && !this.isPlaced;
        if (event.key === "Escape" && isFree) this.leave();
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
        if (document.hidden) this.turnAway();
        else if (this.isShown || this.refusal) this.comeBack();
        else this.isOutOfDate = this.isWanted;
      });
      window.addEventListener("pagehide", () => {
        this.keepDraft();
        this.turnAway(); // kept as it looks now
        clearLeftovers();
      });
      window.addEventListener("pageshow", ({ persisted }) => {
        if (!persisted) return;
        this.drafts.put("", ""); // it stands in the chat yet
        this.comeBack();
      });
    }

    turnAway() {
      this.isReturning = false;
      if (this.isShown) this.cover();
    }

    keepDraft() {
      const { client, session } = this;
      if (client && session) this.drafts.put(session.epoch, this.screen.typed());
    }

    /* Who leaves has no time for word to get around: what is typed is kept at once. */
    keepDrafts() {
      let kept = "";
      const keepNew = () => {
        const typed = this.screen.typed();
        if (typed !== kept) this.keepDraft();
        kept = typed;
      };
      document.addEventListener("input", keepNew);
      this.screen.onChange = keepNew;
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
        if (!unfocused || unfocused() <= AWAY_AFTER_S) return;
        // It may have finished opening meanwhile.
        if (this.isShown) this.comeBack();
        else this.isOutOfDate = this.isWanted;
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

    // What other tabs say: somebody else is there, or nobody

    hearOf({ epoch, slug = this.slug }) {
      if (!this.session || this.session.epoch === epoch) return;
      // Hosts' people have another name in each widget: before all is thrown away, ask.
      const isOther = Boolean(epoch) && slug !== this.slug && !this.isWanted;
      if (isOther) this.renew().catch(() => this.forgetPerson());
      else this.lookAgain();
    }

    /* The person may have changed. A chat that nobody sees asks when it is opened. */
    lookAgain() {
      if (!this.isWanted) this.forgetPerson();
      else if (this.isShown || (this.refusal && !this.starting)) this.comeBack();
      else this.isOutOfDate = true; // who is asked for just now may have gone
    }

    forgetPerson() {
      this.asking = null;
      this.session = null;
      this.drop();
      this.drafts.put("", "");
      clearLeftovers();
      if (this.page.answers && this.isFrame) this.page.tell("changed");
    }

    // What the page says

    hear(message) {
      if (message.type === "welcome") this.settleIn(message);
      else if (message.type === "show") this.show({ isAgain: message.is_again });
      else if (message.type === "prepare") this.prepareSdk();
      else if (message.type === "identify") this.lookAgain();
      else if (message.type === "hide") this.hide();
      else if (message.type === "destroy") this.destroy();
      else if (message.type === "update") this.update(message);
    }

    settleIn({ return_to: returnTo, is_placed: isPlaced, ...wishes }) {
      this.isPlaced = Boolean(isPlaced);
      if (typeof returnTo === "string") this.returnTo = returnTo;
      this.update(wishes);
      if (this.outer) return;
      // Into a window of another origin nobody can look.
      const isOpaque = this.page.isOfAnotherOrigin || hasNoOrigin();
      this.watchFocusOf(isOpaque ? window : this.page.window);
    }

    /* All that the page wishes: what it no longer says is the row's again. */
    update({ lang, overrides }) {
      if (lang) this.pageLang = lang;
      this.obey(overrides);
      if (this.isFrame) document.documentElement.lang = this.lang;
      this.keepCurrent();
    }

    obey(overrides) {
      const { options, page_may: may = PAGE_MAY } = this.island;
      this.overrides = readOverrides(overrides, may);
      const pinned = (options.ui.base || {}).lang;
      this.lang = this.overrides.lang || readLanguage(pinned || this.pageLang);
    }

    /* The SDK reads most of its options once: there is no setter (measured). */
    isOutdated() {
      return this.client.wishes !== this.wishes;
    }

    get wishes() {
      return JSON.stringify([this.lang, this.overrides]);
    }

    // Showing and hiding

    /* Every opening asks the site who is there, before anything is seen. */
    async show({ isAgain = false } = {}) {
      const opening = (this.openings += 1);
      const isStuck = Boolean(this.starting) && this.starting() > STUCK_AFTER_S;
      clearTimeout(this.retryTimer);
      this.isWanted = true;
      this.lastInput = stopwatch();
      this.starting = stopwatch();
      this.leavesFocus = this.leavesFocus || isAgain;
      // What is concealed the SDK cannot give the focus to.
      if (isAgain) this.screen.conceal(true);
      try {
        const load = () => loadSdk(this.island, { again: isStuck });
        // Before somebody has agreed nothing of Coze's is loaded.
        const sdk = this.island.consent ? null : load();
        // The site's answer says more than a script that is missing, so it comes first.
        await this.renewForSure();
        await (sdk || load());
        // Closed meanwhile, or opened once more: then that one goes on.
        if (opening === this.openings) await this.reveal(opening);
      } catch (error) {
        if (opening !== this.openings) return;
        if (this.isOutOfDate) await this.show();
        else this.fail(error);
      }
    }

    /* Until nobody has said meanwhile that somebody else may be there. */
    async renewForSure() {
      do {
        if (this.isOutOfDate) this.asking = null;
        this.isOutOfDate = false;
        await this.renew();
      } while (this.isOutOfDate);
    }

    async reveal(opening) {
      if (!this.client) this.constructWithDraft();
      else if (this.mayMakeAnew()) this.makeAnew();
      if (!this.client.isUp) await this.mount();
      if (opening !== this.openings) return;
      if (this.isOutOfDate) {
        await this.show();
        return;
      }
      this.uncover();
      this.keepCurrent();
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
      this.showStrip();
      this.page.tell("ready");
      this.schedule();
      if (!this.leavesFocus) this.takeFocus();
      this.leavesFocus = false;
    }

    showStrip() {
      this.sign.showStrip(this.texts, this.session.notice, () => this.startOver());
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

    /* The visitor closes the chat on our side; a page that may say no answers with "hide". */
    leave() {
      if (!this.isWanted && !this.refusal) return;
      if (this.page.decides) {
        if (!this.isFrame) this.letGo();
        this.page.tell("leave");
        return;
      }
      this.hide();
      this.page.tell("closed");
    }

    /* The focus goes with whoever leaves: the page places it. Where it says no, Tab goes on
       from here all the same. */
    letGo() {
      const { activeElement } = document;
      const { host } = this.sign;
      const isOurs = activeElement === host || this.screen.contains(activeElement);
      const focused = activeElement === host ? host.shadowRoot.activeElement : activeElement;
      if (isOurs && focused) focused.blur();
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
      if (refusal.code === "login_required") this.partWith();
      if (!this.isWanted) return;
      if (refusal.code === "consent_required") {
        this.askConsent(refusal);
        return;
      }
      this.say(this.sentenceOf(refusal), {
        login: this.loginOf(refusal),
        onRetry: WITHOUT_RETRY.includes(refusal.code) ? null : () => this.tryAgain(),
      });
      this.page.tell("failed", refusal.code);
      this.takeFocus();
      if (isPassing) this.tryLater(refusal);
    }

    /* Whoever was here has logged out, or their session has ended. */
    partWith() {
      const { session } = this;
      this.session = null;
      if (!session) return;
      this.drafts.put("", "");
      clearLeftovers();
      this.grapevine.tell("");
    }

    // Consent: of the site's own tool, or asked for by us

    async askConsent({ epoch }) {
      const opening = this.openings;
      const said = await this.page.ask("consent");
      if (opening !== this.openings) return;
      const answer = said && said.answer;
      if (answer === true) this.agree(epoch);
      else if (answer === false) this.leave();
      else this.showConsent(epoch);
    }

    showConsent(epoch) {
      const { consent } = this.island;
      this.say(consent.text, {
        link: { href: consent.link_url, text: consent.link_text },
        onAgree: () => this.agree(epoch),
      });
      this.page.tell("failed", "consent_required");
      this.takeFocus();
    }

    agree(epoch) {
      this.papers.agreed = epoch;
      this.tryAgain();
    }

    sentenceOf({ code, opensAt, retryAfter }) {
      const { closed, opens, too_often: tooOften } = this.texts;
      if (code === "rate_limited" && retryAfter > LONG_WAIT_S)
        return tooOften.replace("%s", () => Math.ceil(retryAfter / 60));
      const sentence = this.texts[SENTENCES[code]] || this.texts.session_error;
      const moment = sentence === closed && formatMoment(opensAt, this.lang);
      return moment ? `${sentence}\n${opens.replace("%s", () => moment)}` : sentence;
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

    /* The way back leads to a page of the site's own only; from somebody else's page the
       login opens beside it. */
    loginOf({ code, loginUrl, isOfPage }) {
      if (code !== "login_required" || !loginUrl) return null;
      const isOurs = isOfPage || !this.page.isOfAnotherOrigin;
      const url = readUrl(loginUrl, isOfPage ? this.page.origin : location.href);
      if (!url || !/^https?:$/.test(url.protocol)) return null;
      // What a page names may lead to itself only.
      if (isOfPage && url.origin !== this.page.origin) return null;
      // What a page names leads back already.
      if (isOurs && !isOfPage) url.searchParams.set("next", this.returnTo);
      // Without an origin we may not take the whole window anywhere.
      return { href: url.href, target: isOurs && !hasNoOrigin() ? "_top" : "_blank" };
    }

    async startOver() {
      this.drop();
      this.session = null;
      this.isShown = false;
      this.drafts.put("", "");
      this.papers.forget();
      clearLeftovers();
      this.grapevine.tell("");
      try {
        const embedded = this.page.isOfAnotherOrigin;
        if (embedded) await this.forgetAtHome();
        const [response] = await post(this.island.forget_url, { embedded });
        if (!response.ok) throw new Refusal("session_error");
        this.show();
      } catch (error) {
        this.fail(error);
      }
    }

    /* Where the page's host has said who the guest is, their cookie is there. */
    async forgetAtHome() {
      const { refusal } = (await this.page.ask("forget", ANSWER_TIMEOUT_MS)) || {};
      if (refusal) throw refusalOf(String(refusal.code), refusal, 0);
    }

    // The SDK's client

    constructWithDraft() {
      const text = this.drafts.take(this.session.epoch);
      this.construct();
      if (text) this.client.draft = { text, hadFocus: false };
    }

    construct() {
      // Whoever was here before may have gone without a word, or the browser has crashed.
      clearLeftovers();
      const args = buildArguments(this.island.options, {
        overrides: this.overrides,
        lang: this.lang,
        person: this.personOf(this.session ? this.session.user : { id: "", nickname: "" }),
        isSecure: window.isSecureContext,
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
        person: (user) => this.personOf(user),
      });
      this.client.wishes = this.wishes;
      this.client.use(this.session);
    }

    personOf(user) {
      return readPerson(user, this.overrides);
    }

    /* In the frame closing only hides the frame: the answer runs on, the draft stays. */
    mayHide() {
      const isForPage = this.page.decides && this.isWanted;
      if (!this.isFrame && !isForPage) return true;
      this.leave();
      return false;
    }

    onHide() {
      const { isWanted } = this;
      this.screen.conceal(false);
      this.stopShowing();
      if (isWanted) this.page.tell("closed");
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
      clearLeftovers();
    }

    // The SDK's own launcher (inline only): it shows, we are asked

    prepareSdk() {
      if (!this.island.consent) loadSdk(this.island).catch(() => {});
    }

    async prepare() {
      try {
        await loadSdk(this.island);
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
      const send = async () => askSession(this.island.session_url, await this.introduce(body));
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

    /* On a page of another origin the cookies of this one say little: the page tells who
       is there, each time anew. */
    async introduce(body) {
      const isEmbedded = this.page.isOfAnotherOrigin;
      const said = isEmbedded && (await this.page.ask("who", ANSWER_TIMEOUT_MS));
      const { visitor, refusal } = said || {};
      if (refusal) {
        const error = refusalOf(String(refusal.code), refusal, refusal.retry_after);
        error.isOfPage = true;
        throw error;
      }
      const named = typeof visitor === "string" ? { visitor } : {};
      return { ...body, ...this.papers.show(isEmbedded), ...named };
    }

    adopt(session) {
      const earlier = this.epoch;
      this.session = session;
      this.epoch = session.epoch;
      this.papers.keep(session);
      if (!earlier) this.grapevine.tell(session.epoch);
      if (earlier && earlier !== session.epoch) this.handOver();
      else if (this.client) this.client.use(session);
      return session;
    }

    /* Somebody else is there now: nothing of the earlier person's stays. */
    handOver() {
      const wasShown = this.isShown;
      this.grapevine.tell(this.session.epoch);
      this.drafts.put("", "");
      clearLeftovers();
      if (wasShown) this.cover();
      this.isShown = false;
      this.drop();
      // In a frame nothing of the earlier person's shall stay, not even in memory.
      if (this.isFrame && this.page.answers) {
        this.stopShowing();
        this.page.tell("changed");
      } else if (wasShown) this.show();
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
        this.keepCurrent();
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

    /* The mounted chat knows the token of its mounting, and the wishes of its making: it
       gets the new ones at a quiet moment. */
    async keepCurrent() {
      if (this.isKeeping) return;
      this.isKeeping = true;
      let client;
      try {
        while (this.isShown && this.isBehind()) {
          client = this.client;
          if (this.mayMakeAnew()) {
            client = null; // as is ours, where the SDK cannot be made
            this.makeAnew();
            client = this.client;
            await this.mount();
            this.showStrip();
          } else if (!this.isOutdated() && client.isReadyForAnother()) await this.mountAgain();
          else await sleep(250);
        }
      } catch (error) {
        if (client === this.client) this.fail(error);
      }
      this.isKeeping = false;
    }

    isBehind() {
      return this.isOutdated() || this.client.mounted.token !== this.session.token;
    }

    mayMakeAnew() {
      const { isUp, conversation } = this.client;
      const isQuiet = conversation.isQuiet() && (!this.isShown || this.lastInput() > PAUSE_AFTER_S);
      return this.isOutdated() && (!isUp || isQuiet);
    }

    /* A half-typed message goes along. */
    makeAnew() {
      const draft = this.client.readDraft();
      this.drop();
      this.construct();
      this.client.draft = draft;
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
