/* What appears when somebody wants to chat: the panel and the frame in it. Fetched by
   loader.js as soon as somebody seems to want that. */
(() => {
  "use strict";

  const PROTOCOL = 2; // its neighbours are understood too: docs/upgrading.md
  const SLOW_AFTER_MS = 8000;
  // The chat greets before its document has loaded; by then, or never.
  const SILENT_AFTER_MS = 2000;
  const DROP_AFTER_MS = 30 * 60 * 1000;
  const WHOLE_SCREEN = "(max-width: 640px), (max-height: 480px)";

  // As in the second part of launcher.css.
  const STYLES =
    `:host .shell{--low:0px;--high:0px}button.launcher{transition:transform 0.2s}button:focus{outline:3px solid var(--mark);outline-offset:2px}button:focus:not(:focus-visible){outline:none}.panel{--bar:#fff;--muted:#4e5969;--mark:#2f54eb;position:fixed;right:calc(20px + env(safe-area-inset-right));bottom:calc(20px + var(--low) + env(safe-area-inset-bottom));display:flex;flex-direction:column;width:var(--width);max-width:calc(100vw - 40px);height:calc(100% - 40px - var(--low) - var(--high));max-height:760px;border:1px solid var(--line);border-radius:14px;overflow:hidden;background:var(--back);box-shadow:0 8px 40px rgba(15,23,42,0.24);animation:rise 0.16s ease-out}.dark .panel{--bar:#26282d;--muted:#b6bcc6;--mark:#9db1ff}.left.frame .panel{right:auto;left:calc(20px + env(safe-area-inset-left))}.top.frame .panel{top:calc(20px + var(--high) + env(safe-area-inset-top));bottom:auto}.keeps .panel{bottom:calc(var(--y) + var(--size) + 16px + var(--low) + env(safe-area-inset-bottom));height:calc(100% - var(--y) - var(--size) - 36px - var(--low) - var(--high))}.keeps.top.frame .panel{top:calc(var(--y) + var(--size) + 16px + var(--high) + env(safe-area-inset-top));bottom:auto}.open .launcher{width:var(--size);padding:0}.inline.keeps.open .launcher{right:auto;left:calc(var(--x) + env(safe-area-inset-left))}.whole.shell .panel{top:var(--high);right:0;bottom:auto;left:0;width:100%;max-width:none;height:calc(100% - var(--low) - var(--high));max-height:none;border:0;border-radius:0}.whole.keeps.open .launcher{top:calc(6px + var(--high) + env(safe-area-inset-top));right:calc(8px + env(safe-area-inset-right));bottom:auto;left:auto;width:44px;min-width:0;height:44px;min-height:0}.whole.keeps.open .launcher svg{width:24px;height:24px}.whole.keeps .panel{padding-top:calc(56px + env(safe-area-inset-top))}.placed .panel{position:relative;right:auto;bottom:auto;flex:1 1 600px;width:100%;max-width:none;height:auto;max-height:none;box-shadow:none;animation:none}.panel[data-closed]{visibility:hidden;pointer-events:none;animation:none}.placed .panel[data-closed]{position:absolute;top:0;left:0;height:100%}.cover{position:absolute;top:0;left:0;display:flex;flex-direction:column;width:100%;height:100%;background:var(--back)}.bar{display:flex;flex:none;align-items:center;min-height:54px;padding:5px 6px 5px 16px;background:var(--bar)}.whole .bar{min-height:calc(54px + env(safe-area-inset-top));padding-top:calc(5px + env(safe-area-inset-top))}.title{flex:1;min-width:0;overflow:hidden;font-weight:600;text-overflow:ellipsis;white-space:nowrap}.close{display:flex;flex:none;align-items:center;justify-content:center;width:44px;height:44px;border-radius:10px;color:var(--muted)}.whole.keeps .close{display:none}.close:hover{background:var(--line)}.close:focus{outline-offset:-3px}.progress{flex:none;height:2px;overflow:hidden;background:var(--line)}.progress::before{display:block;width:40%;height:100%;background:var(--color);content:"";animation:slide 1.2s ease-in-out infinite}.note{display:flex;flex:1;flex-direction:column;align-items:center;min-height:0;overflow:auto;padding:24px;color:var(--muted);text-align:center}.note::before,.note::after{margin:auto;content:""}.note p{margin:0 0 16px}.retry{flex:none;min-height:44px;border-radius:10px;padding:0 20px;font-weight:600;color:var(--ink);background:var(--color)}iframe{display:block;flex:1;width:100%;min-height:0;border:0;background:#fff}@keyframes rise{from{opacity:0;transform:translateY(12px)}}@keyframes slide{from{transform:translateX(-100%)}to{transform:translateX(250%)}}@media (forced-colors:active){.progress::before{background:Highlight}}@media (prefers-reduced-motion:reduce){button.launcher{transition:none}.panel{animation:none}.progress::before{width:100%;animation:none}}`;

  // What is no reason to bother somebody who has not asked.
  const REFUSALS = ["closed", "consent_required", "login_required", "not_allowed", "not_found"];

  const CLOSE = "M6 6l12 12M18 6L6 18";

  const AVOID = "[data-coze-avoid]";
  const PANEL_FROM = 20; // the edge, as in launcher.css
  const GAP = 16; // to what is kept clear
  const LEAST_HEIGHT = 160; // in less nobody can chat
  // By these, too, an element may have come, moved or gone.
  const SIGNS = ["scroll", "resize", "transitionend", "animationend"];
  const STEPS = [0, 0.25, 0.5, 0.75, 1];
  const BEHIND = "coze-widget"; // our `inert`, not the page's

  const KEY = "coze-widget-open"; // as in loader.js
  const ANSWER_TIMEOUT_MS = 15000;

  const panels = new Map();

  /* The chat opens again on the tab's next page; nothing is kept before the first opening. */
  function rememberOpen(slug) {
    try {
      if (slug) sessionStorage.setItem(KEY, slug);
      else sessionStorage.removeItem(KEY);
    } catch {
      // a page without storage
    }
  }

  /* To whom a request of the browser's would go soon, it may shake hands already. */
  function preconnect(href, element) {
    const link = element("link", { rel: "preconnect", href, crossorigin: "" });
    document.head.append(link);
    return link;
  }

  /* Asks the page's own origin, for a frame of another host of the site's: `read` makes the
     answer of a response. */
  async function askHome(url, read) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: "{}",
        credentials: "same-origin",
        cache: "no-store",
        redirect: "manual",
        signal: abort.signal,
      });
      return await read(response);
    } catch {
      return { refusal: { code: navigator.onLine ? "unavailable" : "offline" } };
    } finally {
      clearTimeout(timer);
    }
  }

  /* Either a token comes back, or what the site says against it. */
  function whereWeAre() {
    return location.pathname + location.search + location.hash;
  }

  function leadBack(loginUrl) {
    const url = new URL(loginUrl, location.href);
    url.searchParams.set("next", whereWeAre());
    return url.href;
  }

  async function readVisitor(response) {
    const said = await response.json();
    if (said.login_url) said.login_url = leadBack(said.login_url);
    if (response.ok) return { visitor: said.visitor };
    const retryAfter = Number(response.headers.get("Retry-After")) || 0;
    return { refusal: { ...said, retry_after: retryAfter } };
  }

  function readForgotten({ ok }) {
    return ok ? {} : { refusal: { code: "session_error" } };
  }

  /* Returns how to undo it. */
  function lockScrolling() {
    const page = document.documentElement;
    const { style } = page;
    const { scrollX, scrollY } = window;
    const hadStyle = page.hasAttribute("style");
    const before = ["overflow-x", "overflow-y"].map((name) => [
      name,
      style.getPropertyValue(name),
      style.getPropertyPriority(name),
    ]);
    style.setProperty("overflow", "hidden", "important");
    return () => {
      before.forEach((property) => style.setProperty(...property));
      if (!hadStyle && !page.getAttribute("style")) page.removeAttribute("style");
      if (window.scrollX !== scrollX || window.scrollY !== scrollY)
        window.scrollTo(scrollX, scrollY);
    };
  }

  /* Back closes the chat. The page's entry lies below, under a mark of ours that no router
     takes for its own; on top lies a copy of it. */
  class BackEntry {
    constructor(slug, onBack) {
      this.slug = slug;
      this.onBack = onBack;
      this.listener = () => this.hear();
      window.addEventListener("popstate", this.listener);
    }

    isAt(place) {
      return Boolean(history.state) && history.state[place] === this.slug;
    }

    push() {
      this.isWanted = true;
      if (this.isLeaving) return;
      this.state = history.state;
      history.replaceState({ coze_widget_below: this.slug }, "");
      history.pushState({ ...this.state, coze_widget: this.slug }, "");
    }

    /* Below entries that the page has pushed meanwhile ours stays. */
    consume() {
      this.isWanted = false;
      this.isLeaving = this.isAt("coze_widget");
      if (this.isLeaving) history.back();
    }

    hear() {
      if (!this.isAt("coze_widget_below")) return;
      history.replaceState(this.state, "");
      const isOurs = this.isLeaving;
      this.isLeaving = false;
      if (this.isForgotten) this.forget();
      // Opened again before the way back was over.
      if (isOurs && this.isWanted) this.push();
      else this.onBack();
    }

    /* On its way back it still puts the page's own entry in order. */
    forget() {
      this.isForgotten = true;
      if (this.isLeaving) return;
      window.removeEventListener("popstate", this.listener);
    }
  }

  function isThenable(value) {
    return Boolean(value) && typeof value.then === "function";
  }

  /* While one chat is all that can be seen, neither Tab nor a screen reader gets behind it.
     A body may have been swapped meanwhile, or come out of a cache with our mark. */
  function holdPage({ isReleased = false } = {}) {
    const holder = Array.from(panels.values()).find((panel) => !isReleased && panel.isAlone);
    const host = holder && holder.widget.host;
    let isNew = false;
    document.querySelectorAll("html > :not(head)").forEach((node) => {
      const isBehind = Boolean(host) && node !== host;
      if (!isBehind && node.getAttribute("inert") === BEHIND) node.removeAttribute("inert");
      if (!isBehind || node.hasAttribute("inert")) return;
      node.setAttribute("inert", BEHIND);
      isNew = true;
    });
    if (isNew && document.activeElement !== host) holder.focusIn();
  }

  // What the page wants kept clear

  let watchers = null; // where there is no such element, nobody watches
  let avoided = [];
  let looking = 0;
  const mistakes = new Set();

  /* The elements themselves, or what their selector says of those that come later. */
  function elementsToAvoid() {
    const found = Array.from(document.querySelectorAll(AVOID), (node) => {
      const selector = node.getAttribute("data-coze-avoid");
      try {
        return selector ? Array.from(document.querySelectorAll(selector)) : node;
      } catch (error) {
        if (!mistakes.has(selector)) console.error(error);
        mistakes.add(selector);
        return [];
      }
    });
    return [].concat(...found);
  }

  function isSeen(node) {
    const { visibility, opacity } = getComputedStyle(node);
    return visibility === "visible" && opacity !== "0";
  }

  function look() {
    const nodes = elementsToAvoid();
    const [, ...observers] = watchers;
    looking = 0;
    if (nodes.length !== avoided.length || nodes.some((node) => !avoided.includes(node)))
      observers.forEach((observer) => {
        observer.disconnect();
        nodes.forEach((node) => observer.observe(node));
      });
    avoided = nodes;
    const boxes = nodes.filter(isSeen).map((node) => node.getBoundingClientRect());
    panels.forEach((panel) => panel.isPlaced || panel.keepClear(boxes));
  }

  function lookAgain() {
    if (watchers) looking = looking || requestAnimationFrame(look);
  }

  function watchPage() {
    if (!watchers && document.querySelector(AVOID)) {
      watchers = [
        new MutationObserver(lookAgain),
        new ResizeObserver(lookAgain),
        new IntersectionObserver(lookAgain, { threshold: STEPS }),
      ];
      watchers[0].observe(document, {
        attributeFilter: ["class", "data-coze-avoid", "hidden", "id", "style"],
        childList: true,
        subtree: true,
      });
      SIGNS.forEach((type) => window.addEventListener(type, lookAgain, true));
    }
    lookAgain();
  }

  function stopWatching() {
    if (!watchers) return;
    watchers.forEach((observer) => observer.disconnect());
    SIGNS.forEach((type) => window.removeEventListener(type, lookAgain, true));
    cancelAnimationFrame(looking);
    watchers = null;
    avoided = [];
    looking = 0;
  }

  /* Where something as wide as `column` can begin, in px from the top or the bottom, so that
     no box comes nearer than `gap`. What it would lie over farther inside stays under it. */
  function clearOf(boxes, { left, right }, { isTop, from, size, gap }) {
    const { innerHeight } = window;
    const beside = boxes
      .filter((box) => box.width && box.left < right && box.right > left)
      .map(({ top, bottom }) => (isTop ? [top, bottom] : [innerHeight - bottom, innerHeight - top]));
    let start = from;
    // Once for each: behind the first there may be a second.
    beside.forEach(() => {
      const hit = beside.find(([near, far]) => near < start + size + gap && far > start - gap);
      if (hit) start = Math.ceil(hit[1]) + gap;
    });
    return start;
  }

  /* The panel of one of the loader's widgets, which owns what both share. */
  class Panel {
    constructor(widget, { element, icon, adopt }) {
      const { island, root, shell } = widget;
      const { panel, place, slug, frame_url: frameUrl } = island;
      Object.assign(this, { widget, shell, element, icon });
      Object.assign(this, { low: 0, high: 0, requests: 0 }); // low and high: px of the edges
      this.isPlaced = Boolean(panel.at);
      this.isInline = place === "inline";
      this.isReady = false;
      this.origin = new URL(frameUrl || "", location.href).origin;
      panels.set(slug, this);
      if (root.adoptedStyleSheets) adopt(root, STYLES);
      this.draw();
      if (!this.isPlaced) {
        this.listenForLeaving(root);
        this.watchShape();
        watchPage();
      }
      this.links = [];
      // Inline, the chat stands here already; it answers with a greeting.
      if (this.isInline)
        window.postMessage({ coze_widget: PROTOCOL, type: "call", slug }, this.origin);
      else if (island.load) this.drawFrame();
    }

    /* The widget's: a page that is swapped in may bring another one. */
    get island() {
      return this.widget.island;
    }

    draw() {
      const { element, widget } = this;
      const { slug } = this.island;
      this.closeButton = this.button("close", () => this.close(), this.icon(CLOSE));
      this.progress = element("div", { class: "progress", role: "progressbar" });
      this.sentence = element("p", { role: "status" });
      this.retry = this.button("retry", () => this.tryAgain());
      this.heading = element("div", { class: "title", dir: "auto" });
      this.cover = element(
        "div",
        { class: "cover" },
        element("div", { class: "bar" }, this.heading, this.closeButton),
        this.progress,
        element("div", { class: "note" }, this.sentence, this.retry),
      );
      const role = this.isPlaced ? "region" : "dialog";
      const attributes = { class: "panel", id: slug, role, dir: "ltr", "data-closed": "" };
      this.panel = element("div", attributes, this.cover);
      this.dress();
      widget.launcher.setAttribute("aria-controls", slug);
      this.shell.prepend(this.panel);
    }

    button(name, onClick, ...face) {
      const node = this.element("button", { class: name, type: "button" }, ...face);
      node.addEventListener("click", onClick);
      return node;
    }

    /* All that the island says of the panel, but for its place. */
    dress() {
      const { texts, panel } = this.island;
      this.shell.classList.toggle("keeps", Boolean(panel.keeps_launcher));
      this.panel.style.setProperty("--width", `${panel.width}px`);
      this.closeButton.setAttribute("aria-label", texts.close);
      this.progress.setAttribute("aria-label", texts.connecting);
      this.retry.textContent = texts.retry;
      this.nameIt();
    }

    nameIt() {
      const { title } = this.widget;
      this.heading.textContent = title;
      this.panel.setAttribute("aria-label", title);
      if (this.frame) this.frame.title = title;
    }

    listenForLeaving(root) {
      const { slug } = this.island;
      const stay = () => this.isWhole && this.entry.push();
      this.entry = new BackEntry(slug, () => this.close({ stay }));
      this.onKey = ({ key, isComposing, defaultPrevented }) => {
        if (key === "Escape" && !isComposing && !defaultPrevented) this.close();
      };
      root.addEventListener("keydown", this.onKey);
    }

    watchShape() {
      this.narrow = window.matchMedia(WHOLE_SCREEN);
      this.onShape = () => this.applyShape();
      this.narrow.addEventListener("change", this.onShape);
    }

    /* After the loader, which shows the launcher of a chat that is closed. */
    showState() {
      const { widget, island, isReady } = this;
      const { isOpen, launcher } = widget;
      this.shell.classList.toggle("open", isOpen);
      // Inline, the panel is no more than the cover.
      this.panel.toggleAttribute("data-closed", !isOpen || (this.isInline && isReady));
      this.cover.hidden = isReady;
      if (isOpen) {
        launcher.hidden = this.isPlaced || !island.panel.keeps_launcher;
        launcher.setAttribute("aria-label", island.texts.close);
      }
      if (!this.isPlaced) watchPage();
      holdPage();
      if (this.wasOpen === isOpen) return;
      this.wasOpen = isOpen;
      if (isOpen) launcher.replaceChildren(this.icon(CLOSE));
      else {
        widget.drawFace();
        launcher.setAttribute("aria-label", launcher.textContent || island.texts.open);
      }
    }

    // Opening and closing, if nobody objects

    /* The later word counts. */
    open(opener, isAgain = false) {
      if (this.widget.isOpen) this.takeBack();
      else if (!this.question && !(isAgain && this.isWholeHere))
        this.ask("before-show", { go: () => this.show(opener, isAgain) });
    }

    close({ stay } = {}) {
      if (!this.widget.isOpen) this.takeBack();
      else if (!this.question) this.ask("before-hide", { go: () => this.hide(), stay });
    }

    takeBack() {
      this.question = null;
    }

    /* Goes on at once where nobody wants time to think. */
    ask(name, { go, stay = () => {} }) {
      const question = (this.question = {});
      const answers = [];
      const settle = () => {
        if (this.question !== question) return;
        this.question = null;
        if (answers.includes(false)) stay();
        else go();
        holdPage();
      };
      holdPage(); // the page may want to ask
      const respondWith = (answer) => answers.push(answer);
      answers.push(this.widget.tell(name, { respondWith }));
      if (answers.includes(false) || !answers.some(isThenable)) settle();
      else this.listen(answers).then(settle);
    }

    /* Puts in what they have promised; a promise that is broken counts as an objection. */
    async listen(answers) {
      try {
        answers.push(...(await Promise.all(answers)));
      } catch (error) {
        console.error(error);
        answers.push(false);
      }
    }

    /* Nobody asked for what opens again by itself: it takes neither the whole of a small
       screen nor the focus, and goes without a word where the site says no. */
    show(opener, isAgain) {
      const { widget } = this;
      this.isAgain = isAgain;
      clearTimeout(this.dropTimer);
      // A button that was pressed by pointer does not get the focus everywhere.
      const { activeElement, body } = document;
      const focused = [body, widget.host].includes(activeElement) ? null : activeElement;
      this.cameFrom = [opener, focused, widget.launcher];
      widget.isOpen = true;
      this.hasBeenReady = false;
      this.applyShape();
      if (this.isWhole) this.entry.push();
      else if (!this.isPlaced) {
        this.closeOthers();
        rememberOpen(this.island.slug);
      }
      this.wait();
      if (!isAgain) this.wayOut.focus();
      if (!this.frame) this.drawFrame();
      if (this.frame) this.unveil();
      this.post("show", { is_again: isAgain });
      widget.tell("show");
    }

    /* They would lie over each other. */
    closeOthers() {
      panels.forEach((other) => other === this || other.isPlaced || other.close());
    }

    hide({ isTold = false, isGoing = false } = {}) {
      const { widget } = this;
      if (!widget.isOpen) return;
      const { activeElement } = document;
      // Who did not ask for it may have the focus nowhere yet.
      const isNowhere = activeElement === document.body && !this.isAgain;
      const hadFocus = activeElement === widget.host || isNowhere;
      this.stopTimers();
      this.isAgain = false;
      this.question = null;
      widget.isOpen = false;
      if (!this.isPlaced) rememberOpen(null);
      widget.showState();
      this.applyShape();
      if (this.entry) this.entry.consume();
      if (!isTold) this.post("hide");
      if (hadFocus) this.focusBack(isGoing);
      this.dropTimer = setTimeout(() => this.drop(), DROP_AFTER_MS);
      widget.tell("hide");
    }

    focusIn() {
      if (this.isReady && this.frame) this.frame.contentWindow.focus();
      else this.wayOut.focus();
    }

    /* A launcher that stays stands where our own button would be. */
    get wayOut() {
      const { isWhole, island, closeButton, widget } = this;
      return isWhole && island.panel.keeps_launcher ? widget.launcher : closeButton;
    }

    focusBack(isGoing) {
      const { launcher } = this.widget;
      const isLeft = (node) => node.isConnected && !node.hidden && !(isGoing && node === launcher);
      const target = this.cameFrom.find((node) => node && isLeft(node));
      if (target) target.focus();
    }

    // The shape

    get isWholeHere() {
      return !this.isPlaced && (this.island.panel.layout === "mobile" || this.narrow.matches);
    }

    applyShape() {
      if (this.isPlaced) return;
      const viewport = window.visualViewport;
      this.isWhole = this.isWholeHere;
      const isCovering = this.isWhole && this.widget.isOpen;
      this.shell.classList.toggle("whole", this.isWhole);
      watchPage();
      holdPage();
      if (isCovering !== Boolean(this.unlock)) {
        if (isCovering) this.unlock = lockScrolling();
        else this.unlock = this.unlock();
        if (isCovering) document.addEventListener("keydown", this.onKey);
        else document.removeEventListener("keydown", this.onKey);
        // The on-screen keyboard shrinks only the visual viewport.
        if (viewport) viewport.onresize = viewport.onscroll = isCovering ? () => this.fit() : null;
      }
      this.fit();
    }

    fit() {
      const viewport = window.visualViewport;
      const { low, high } = this;
      const { style } = this.panel;
      const isFitted = this.unlock && viewport && viewport.scale === 1;
      this.panel.setAttribute("aria-modal", this.isWhole && !low && !high);
      if (isFitted) {
        const top = Math.max(viewport.offsetTop, high);
        const bottom = viewport.offsetTop + viewport.height;
        // What is inner for Safari may end at the keyboard.
        const limit = low ? window.innerHeight - low : bottom;
        style.top = `${top}px`;
        style.height = `${Math.min(bottom, limit) - top}px`;
      } else style.top = style.height = "";
    }

    /* Nothing else of the page can be seen, and it has no question to the visitor. */
    get isAlone() {
      const { isWhole, isInline, low, high, question, requests } = this;
      return this.widget.isOpen && isWhole && !isInline && !(low || high || question || requests);
    }

    keepClear(boxes) {
      const { widget, island, shell } = this;
      const isTop = (island.launcher.corner || "").startsWith("top");
      const isOver = this.isWhole && widget.isOpen;
      const way = isOver ? 0 : this.wayOf(boxes, isTop);
      const edges = widget.isOpen ? this.edgesOf(boxes) : [0, 0];
      // A launcher that stays takes the panel along.
      if (island.panel.keeps_launcher && !isOver) edges[isTop ? 1 : 0] = way;
      [this.low, this.high] = edges;
      shell.style.setProperty("--low", `${edges[0]}px`);
      shell.style.setProperty("--high", `${edges[1]}px`);
      widget.launcher.style.transform = way ? `translateY(${isTop ? way : -way}px)` : "";
      this.fit();
      holdPage();
    }

    /* How far the launcher has to leave its edge; not at all where there is no room. */
    wayOf(boxes, isTop) {
      const { launcher } = this.widget;
      const box = launcher.getBoundingClientRect();
      const { m42: moved } = new DOMMatrix(getComputedStyle(launcher).transform);
      const { innerHeight } = window;
      const from = isTop ? box.top - moved : innerHeight - box.bottom + moved;
      const start = clearOf(boxes, box, { isTop, from, size: box.height, gap: GAP });
      return start + box.height > innerHeight ? 0 : start - from;
    }

    /* What the panel leaves to the page at the bottom and at the top. */
    edgesOf(boxes) {
      const [from, gap] = this.isWhole ? [0, 0] : [PANEL_FROM, GAP];
      const box = this.panel.getBoundingClientRect();
      const [low, high] = [false, true].map(
        (isTop) => clearOf(boxes, box, { isTop, from, size: 1, gap }) - from,
      );
      return window.innerHeight - low - high < LEAST_HEIGHT ? [0, 0] : [low, high];
    }

    // The cover

    say(text, { canRetry = false, isBusy = true } = {}) {
      this.sentence.textContent = text;
      this.retry.hidden = !canRetry;
      this.progress.hidden = !isBusy;
    }

    wait() {
      const { texts } = this.island;
      this.isReady = false;
      this.widget.showState();
      this.say(texts.connecting);
      this.stopTimers();
      if (this.isStranger) this.giveUp();
      else
        this.slowTimer = setTimeout(() => this.say(texts.slow, { canRetry: true }), SLOW_AFTER_MS);
    }

    giveUp() {
      this.stopTimers();
      this.say(this.island.texts.failed, { canRetry: true, isBusy: false });
      this.widget.tell("error", { code: "failed" });
    }

    /* A frame that nobody has opened yet is drawn anew by the click. */
    despair() {
      if (this.widget.isOpen) this.giveUp();
      else this.drop();
    }

    stopTimers() {
      clearTimeout(this.slowTimer);
      clearTimeout(this.silentTimer);
    }

    tryAgain() {
      this.isAgain = false;
      if (this.isStranger) location.reload();
      this.startAgain();
    }

    startAgain() {
      this.drop();
      this.wait();
      this.drawFrame();
      this.post("show");
    }

    // The frame

    connect() {
      if (this.links.length) return;
      const { preconnect: hosts = [] } = this.island;
      this.links = hosts.map((href) => preconnect(href, this.element));
    }

    /* Somebody seems to want the chat: what is the site's own may come already. Coze's
       script may not: the frame's `preload` counts in a frame that has a size only. */
    prepare() {
      this.connect();
      if (this.frame || this.isInline) return;
      this.drawFrame();
      this.frame.hidden = true;
      this.dropTimer = setTimeout(() => this.drop(), DROP_AFTER_MS);
    }

    unveil() {
      const { contentDocument: inside } = this.frame; // null, of another origin
      const preload = inside && inside.querySelector("link[rel=preload]");
      this.frame.hidden = false;
      // Else Coze's script would wait for chat.js, if that is still on its way.
      if (preload) preload.removeAttribute("media");
    }

    drawFrame() {
      const { frame_url: src, panel } = this.island;
      if (this.isInline) return;
      const { title } = this.widget;
      const frame = this.element("iframe", { title, src });
      if (panel.allow) frame.allow = panel.allow;
      frame.onload = () => {
        this.silentTimer = setTimeout(() => this.port || this.despair(), SILENT_AFTER_MS);
      };
      this.frame = frame;
      this.panel.prepend(frame);
    }

    drop() {
      clearTimeout(this.dropTimer);
      if (!this.frame) return;
      this.frame.remove();
      this.frame = null;
      this.hangUp();
    }

    destroy() {
      this.hide({ isGoing: true });
      this.takeBack();
      this.post("destroy");
      this.drop();
      this.hangUp();
      clearTimeout(this.dropTimer);
      this.links.forEach((link) => link.remove());
      panels.delete(this.island.slug);
      if (!panels.size) stopWatching();
      if (this.isPlaced) return;
      this.entry.forget();
      this.narrow.removeEventListener("change", this.onShape);
    }

    // What the chat says

    greet({ source, origin, data }) {
      const chat = this.frame ? this.frame.contentWindow : this.isInline && window;
      if (source !== chat || origin !== this.origin) return;
      // One of us came out of a cache, and is too old for the other.
      this.isStranger = Math.abs(data.coze_widget - PROTOCOL) > 1;
      if (this.isStranger) {
        if (this.widget.isOpen) this.giveUp();
        return;
      }
      const { slug, lang, overrides } = this.island;
      const { port1, port2 } = new MessageChannel();
      const welcome = {
        coze_widget: PROTOCOL,
        type: "welcome",
        slug,
        answers: true,
        is_placed: this.isPlaced,
        // No business of another origin's.
        return_to: this.origin === location.origin ? whereWeAre() : "",
        lang,
        overrides,
      };
      // Who says hello twice may have asked through the first port.
      if (this.earlierPort) this.earlierPort.close();
      this.earlierPort = this.port;
      this.port = port1;
      this.port.onmessage = ({ data }) => this.hear(data);
      chat.postMessage(welcome, origin, [port2]);
      if (this.widget.isOpen) this.post("show", { is_again: this.isAgain || this.isMoved });
      else if (this.island.load) this.post("prepare");
    }

    hear({ type, code, id }) {
      const { widget } = this;
      if (type === "failed" && this.isAgain && REFUSALS.includes(code)) {
        this.hide();
        return;
      }
      if (type === "failed") this.isAgain = false; // the visitor has read a sentence
      if (type === "ready" || type === "failed") this.uncover();
      if (type === "ready") this.tellReady();
      else if (type === "failed") widget.tell("error", { code });
      else if (type === "who") this.introduce(id);
      else if (type === "forget") this.forgetGuest(id);
      else if (type === "consent") this.consent(id);
      else if (type === "changed") this.replace();
      else if (type === "leave") this.close();
      else if (type === "closed") this.hide({ isTold: true });
      else if (type === "gone") this.vanish();
    }

    /* Without its island the widget does not come back; another page brings one of its own. */
    vanish() {
      const { source } = this.widget;
      if (source.remove) source.remove();
      else delete source.slug;
      this.widget.destroy();
    }

    // What the chat asks

    /* Returns the page's own answer to an event, null where nobody gives one. */
    async request(name) {
      const answers = [];
      this.requests += 1;
      holdPage(); // it may want to ask the visitor
      try {
        this.widget.tell(name, { respondWith: (answer) => answers.push(answer) });
        const all = await Promise.all(answers);
        const answer = all.find((one) => one !== undefined && one !== null);
        return answer === undefined ? null : answer;
      } finally {
        this.requests -= 1;
        holdPage();
      }
    }

    /* A page that cannot say who is there does not make a guest of somebody. */
    async introduce(id) {
      const { visitor_url: url } = this.island;
      const { port } = this;
      let said;
      try {
        const visitor = await this.request("visitor");
        if (visitor === "") throw new Error("coze:visitor was answered with an empty token");
        said = { visitor: visitor === null ? null : String(visitor) };
      } catch (error) {
        console.error(error);
        said = { refusal: { code: "unavailable" } };
      }
      if (url && said.visitor === null) said = await askHome(url, readVisitor);
      if (port === this.port) this.post("visitor", { ...said, id });
    }

    /* The guest's cookie is on the host that has said who they are. */
    async forgetGuest(id) {
      const { visitor_url: url } = this.island;
      const { port } = this;
      const home = url && new URL("../forget/", new URL(url, location.href));
      const said = home ? await askHome(home, readForgotten) : {};
      if (port === this.port) this.post("forgotten", { ...said, id });
    }

    async consent(id) {
      const { port } = this;
      this.stopTimers(); // whoever thinks is no slow connection
      const answer = await this.request("consent").catch((error) => {
        console.error(error);
        return false;
      });
      if (port === this.port && this.widget.isOpen && !this.isReady) this.wait();
      if (port === this.port) this.post("consent", { answer, id });
    }

    /* Somebody else is there: the frame goes, with all that it has kept in mind. */
    replace() {
      if (this.isInline) return;
      const { host } = this.widget;
      this.isMoved = document.activeElement !== host; // the focus is the page's
      if (this.widget.isOpen) this.startAgain();
      else this.drop();
    }

    tellReady() {
      this.isAgain = this.isMoved = false;
      if (this.hasBeenReady || !this.widget.isOpen) return;
      this.hasBeenReady = true;
      this.widget.tell("ready");
    }

    /* From here on the chat has a header or a sentence of its own to show. */
    uncover() {
      const { widget } = this;
      const { activeElement } = widget.root;
      const hadFocus = this.cover.contains(activeElement) || activeElement === this.wayOut;
      this.stopTimers();
      this.isReady = true;
      widget.showState();
      if (widget.isOpen && this.frame && hadFocus) this.frame.contentWindow.focus();
    }

    update() {
      const { lang, overrides } = this.island;
      this.nameIt();
      this.post("update", { lang, overrides });
    }

    /* What the page that was swapped in says of this widget. False where it has the chat in
       another place: there it begins anew. */
    follow(island) {
      const { widget, shell } = this;
      const { panel, place } = this.island;
      if (panel.at !== island.panel.at || place !== island.place) return false;
      const drawn = new widget.constructor(island); // for its looks only
      shell.className = drawn.shell.className;
      shell.lang = drawn.shell.lang;
      shell.style.cssText = drawn.shell.style.cssText;
      Object.assign(widget, { island, label: drawn.label });
      if (!widget.isOpen) widget.drawFace();
      this.dress();
      this.applyShape();
      widget.showState();
      this.update();
      return true;
    }

    post(type, said) {
      if (this.port) this.port.postMessage({ type, ...said });
    }

    hangUp() {
      [this.earlierPort, this.port].forEach((port) => port && port.close());
      this.earlierPort = null;
      this.port = null;
    }
  }

  window.addEventListener("message", (event) => {
    const { coze_widget: protocol, type, slug } = event.data || {};
    if (protocol >= 0 && type === "hello" && panels.has(slug)) panels.get(slug).greet(event);
  });

  // The page that comes out of a snapshot may have no chat that gives it back.
  document.addEventListener("turbo:before-cache", () => holdPage({ isReleased: true }));

  // “Setting up” in the admin looks whether this file arrives, without a loader.
  if (window.CozeWidget) window.CozeWidget.Panel = Panel;
})();
