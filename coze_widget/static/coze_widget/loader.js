/* The launcher of django-coze-widget: our own button and, once somebody wants to chat, the
   frame in which the chat lives. Reads the islands <script type="application/json"
   id="coze-widget-…">; loads nothing of Coze's and stores nothing. */
(() => {
  "use strict";

  const PROTOCOL = 1;
  const NEWEST_PROTOCOL = 2;
  const SLOW_AFTER_MS = 8000;
  // The chat's script greets before its document has loaded; with none by then, none comes.
  const SILENT_AFTER_MS = 2000;
  const DROP_AFTER_MS = 30 * 60 * 1000;
  const WHOLE_SCREEN = "(max-width: 640px), (max-height: 480px)";

  if (window.CozeWidget && window.CozeWidget.mount) {
    window.CozeWidget.mount();
    return;
  }

  // The same rules as launcher.css, which is linked where style sheets cannot be constructed.
  const STYLES =
    `:host{all:initial !important;display:contents !important}.shell{position:fixed;top:0;left:0;width:0;height:0;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1f2329;-webkit-text-size-adjust:100%}.shell *,.shell *::before{box-sizing:border-box}[hidden]{display:none !important}button{position:relative;margin:0;border:1px solid transparent;padding:0;font:inherit;color:inherit;background:none;cursor:pointer;-webkit-tap-highlight-color:transparent}button:focus{outline:3px solid #2f54eb;outline-offset:2px}button:focus:not(:focus-visible){outline:none}svg{display:block;width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}.launcher{position:fixed;right:calc(24px + env(safe-area-inset-right,0px));bottom:calc(24px + env(safe-area-inset-bottom,0px));display:flex;align-items:center;justify-content:center;width:56px;height:56px;border-radius:50%;color:#fff;background:#2f54eb;box-shadow:0 0 0 1px rgba(255,255,255,0.5),0 4px 16px rgba(15,23,42,0.28);transition:transform 0.15s ease-out,background-color 0.15s}.launcher:hover{background:#2446cc;transform:scale(1.05)}.launcher:focus{outline-color:#fff;outline-offset:-5px}.launcher svg{width:28px;height:28px}.launcher img{width:100%;height:100%;border-radius:50%;object-fit:cover}.panel{position:fixed;right:calc(20px + env(safe-area-inset-right,0px));bottom:calc(20px + env(safe-area-inset-bottom,0px));display:flex;flex-direction:column;width:460px;max-width:calc(100vw - 40px);height:calc(100% - 40px);max-height:760px;border:1px solid rgba(15,23,42,0.08);border-radius:14px;overflow:hidden;background:#fff;box-shadow:0 8px 40px rgba(15,23,42,0.24);animation:rise 0.16s ease-out}.panel[data-closed]{visibility:hidden;pointer-events:none;animation:none}.keeps .panel{bottom:calc(96px + env(safe-area-inset-bottom,0px));height:calc(100% - 116px)}.inline.keeps.open .launcher{right:auto;left:calc(24px + env(safe-area-inset-left,0px))}.whole .panel{top:0;right:0;bottom:auto;left:0;width:100%;max-width:none;height:100%;max-height:none;border:0;border-radius:0}.whole.keeps.open .launcher{top:calc(6px + env(safe-area-inset-top,0px));right:calc(8px + env(safe-area-inset-right,0px));bottom:auto;left:auto;width:44px;height:44px}.whole.keeps .panel{padding-top:calc(56px + env(safe-area-inset-top,0px))}.cover{position:absolute;top:0;left:0;display:flex;flex-direction:column;width:100%;height:100%;background:#fff}.bar{display:flex;flex:none;align-items:center;padding:calc(5px + env(safe-area-inset-top,0px)) 6px 5px 16px}.title{flex:1;min-width:0;overflow:hidden;font-weight:600;text-overflow:ellipsis;white-space:nowrap}.close{display:flex;flex:none;align-items:center;justify-content:center;width:44px;height:44px;border-radius:10px;color:#4e5969}.close:hover{background:#f2f3f5}.close:focus{outline-offset:-3px}.progress{flex:none;height:2px;overflow:hidden;background:#e5e9f2}.progress::before{display:block;width:40%;height:100%;background:#2f54eb;content:"";animation:slide 1.2s ease-in-out infinite}.note{display:flex;flex:1;flex-direction:column;align-items:center;justify-content:center;padding:24px;color:#4e5969;text-align:center}.note p{margin:0 0 16px}.retry{min-height:44px;border-radius:10px;padding:0 20px;font-weight:600;color:#fff;background:#2f54eb}.retry:hover{background:#2446cc}iframe{display:block;flex:1;width:100%;min-height:0;border:0}@keyframes rise{from{opacity:0;transform:translateY(12px)}}@keyframes slide{from{transform:translateX(-100%)}to{transform:translateX(250%)}}@media (prefers-reduced-motion:reduce){.launcher,.panel{animation:none;transition:none}.progress::before{width:100%;animation-name:none}}@media print{.shell{display:none}}`;

  const ICONS = {
    chat: "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 9 9 0 0 1-3.6-.7L3.5 20.5l1.6-4.6a8 8 0 0 1-1.1-4.1 8.5 8.5 0 0 1 17-.3zM8.5 11.8h.01M12.5 11.8h.01M16.5 11.8h.01",
    close: "M6 6l12 12M18 6L6 18",
  };

  const widgets = new Map();
  // Widgets that the server has refused: they do not come back in this document.
  const gone = new Set();
  let sheet;

  function element(tag, attributes = {}, ...children) {
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

  /* The page behind a whole-screen chat: it does not scroll, and is given back as it was. */
  class Backdrop {
    lock() {
      if (this.undo) return;
      const { style } = document.documentElement;
      const had = document.documentElement.hasAttribute("style");
      const before = ["overflow-x", "overflow-y"].map((name) => [
        name,
        style.getPropertyValue(name),
        style.getPropertyPriority(name),
      ]);
      const [x, y] = [window.scrollX, window.scrollY];
      style.setProperty("overflow", "hidden", "important");
      this.undo = () => {
        before.forEach(([name, value, priority]) => style.setProperty(name, value, priority));
        if (!had && !style.length) document.documentElement.removeAttribute("style");
        if (window.scrollX !== x || window.scrollY !== y) window.scrollTo(x, y);
      };
    }

    unlock() {
      if (this.undo) this.undo();
      this.undo = null;
    }
  }

  /* An entry in the history while the chat covers the screen, so that Back closes the chat.
     Its state says only that it is ours. */
  class BackEntry {
    constructor(slug, onBack) {
      this.slug = slug;
      this.onBack = onBack;
      this.listener = (event) => this.hear(event);
    }

    isCurrent() {
      return Boolean(history.state) && history.state.coze_widget === this.slug;
    }

    push() {
      window.addEventListener("popstate", this.listener, true);
      if (!this.isCurrent()) history.pushState({ coze_widget: this.slug }, "");
      this.leaving = false;
    }

    /* Where the page has pushed entries of its own on top, ours stays below them. */
    consume() {
      this.leaving = this.isCurrent();
      if (this.leaving) history.back();
      else this.forget();
    }

    hear(event) {
      if (!this.leaving && this.isCurrent()) return;
      // The page is where it was before we came: its router has nothing to do.
      event.stopImmediatePropagation();
      this.forget();
      if (!this.leaving) this.onBack();
    }

    forget() {
      window.removeEventListener("popstate", this.listener, true);
    }
  }

  class Widget {
    constructor(island) {
      this.island = island;
      this.isOpen = false;
      this.isReady = false;
      this.frame = null;
      this.port = null;
      this.origin = new URL(island.frame_url || "", location.href).origin;
      this.backdrop = new Backdrop();
      this.entry = new BackEntry(island.slug, () => this.close());
      this.narrow = window.matchMedia(WHOLE_SCREEN);
      this.onShape = () => this.applyShape();
      this.narrow.addEventListener("change", this.onShape);
      this.draw();
    }

    // Drawing

    draw() {
      const { slug, panel } = this.island;
      this.host = element("div", { "data-coze-widget": slug });
      this.root = this.host.attachShadow({ mode: "open" });
      this.shell = element("div", { class: "shell" }, this.drawLauncher());
      this.shell.classList.toggle("keeps", panel.keeps_launcher);
      this.shell.classList.toggle("inline", this.island.place === "inline");
      this.shell.style.zIndex = panel.z_index;
      this.root.append(this.shell);
      this.dress();
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.isComposing && this.isOpen) this.close();
      });
      this.showState();
      // Not in the body: it survives a page that swaps its body.
      document.documentElement.append(this.host);
      // Inline, the chat stands in this document already, and answers with a greeting.
      if (this.island.place === "inline") window.postMessage({ coze_widget: PROTOCOL, type: "call", slug }, location.origin);
    }

    dress() {
      if (this.root.adoptedStyleSheets && "replaceSync" in CSSStyleSheet.prototype) {
        sheet = sheet || new CSSStyleSheet();
        if (!sheet.cssRules.length) sheet.replaceSync(STYLES);
        this.root.adoptedStyleSheets = [sheet];
        return;
      }
      const link = element("link", { rel: "stylesheet", href: this.island.stylesheet_url });
      this.shell.hidden = true;
      link.onload = link.onerror = () => {
        this.shell.hidden = false;
      };
      this.root.append(link);
    }

    drawLauncher() {
      this.launcher = element("button", { class: "launcher", type: "button" });
      this.launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
      return this.launcher;
    }

    drawFace(name) {
      if (this.face === name) return;
      this.face = name;
      const { icon: url } = this.island.launcher;
      if (name === "close" || !url) {
        this.launcher.replaceChildren(icon(name));
        return;
      }
      const picture = element("img", { src: url, alt: "" });
      picture.onerror = () => picture.replaceWith(icon(name));
      this.launcher.replaceChildren(picture);
    }

    drawPanel() {
      const { texts, panel, slug } = this.island;
      const title = panel.title || texts.title;
      const close = element("button", { class: "close", type: "button", "aria-label": texts.close }, icon("close"));
      close.addEventListener("click", () => this.close());
      this.closeButton = close;
      this.progress = element("div", { class: "progress", role: "progressbar", "aria-label": texts.connecting });
      this.sentence = element("p", { role: "status" });
      this.retry = element("button", { class: "retry", type: "button" }, texts.retry);
      this.retry.addEventListener("click", () => this.startAgain());
      this.cover = element(
        "div",
        { class: "cover" },
        element("div", { class: "bar" }, element("div", { class: "title" }, title), close),
        this.progress,
        element("div", { class: "note" }, this.sentence, this.retry),
      );
      this.panel = element("div", { class: "panel", id: `panel-${slug}`, role: "dialog", "aria-label": title }, this.cover);
      this.panel.style.width = `${panel.width}px`;
      this.launcher.setAttribute("aria-controls", this.panel.id);
      this.shell.prepend(this.panel);
    }

    /* Makes what is seen follow `isOpen` and `isReady`. */
    showState() {
      const { texts, launcher, panel, place } = this.island;
      const isOpen = this.isOpen;
      this.shell.classList.toggle("open", isOpen);
      this.launcher.setAttribute("aria-expanded", isOpen);
      this.launcher.setAttribute("aria-label", isOpen ? texts.close : texts.open);
      this.launcher.hidden = isOpen ? !panel.keeps_launcher : !launcher.shown;
      this.drawFace(isOpen ? "close" : "chat");
      if (!this.panel) return;
      // Inline, the panel is only the cover: the SDK stands in the page itself.
      const isSeen = isOpen && !(place === "inline" && this.isReady);
      this.panel.toggleAttribute("data-closed", !isSeen);
      this.cover.hidden = this.isReady;
    }

    applyShape() {
      const isWhole = this.island.panel.layout === "mobile" || this.narrow.matches;
      const viewport = window.visualViewport;
      this.shell.classList.toggle("whole", isWhole);
      if (!this.panel) return isWhole;
      this.panel.setAttribute("aria-modal", isWhole);
      if (isWhole && this.isOpen) {
        this.backdrop.lock();
        // The on-screen keyboard shrinks only the visual viewport.
        if (viewport) viewport.onresize = viewport.onscroll = () => this.fit();
      } else {
        this.backdrop.unlock();
        if (viewport) viewport.onresize = viewport.onscroll = null;
      }
      this.fit();
      return isWhole;
    }

    fit() {
      const viewport = window.visualViewport;
      const isFitted = viewport && this.backdrop.undo && viewport.scale === 1;
      this.panel.style.height = isFitted ? `${viewport.height}px` : "";
      this.panel.style.top = isFitted ? `${viewport.offsetTop}px` : "";
    }

    say(text, { canRetry = false, isBusy = true } = {}) {
      this.sentence.textContent = text;
      this.retry.hidden = !canRetry;
      this.progress.hidden = !isBusy;
    }

    // Opening and closing

    open() {
      if (this.isOpen) return;
      clearTimeout(this.dropTimer);
      this.isOpen = true;
      this.cameFrom = document.activeElement;
      if (!this.panel) this.drawPanel();
      if (this.applyShape()) this.entry.push();
      this.wait();
      this.closeButton.focus();
      if (this.island.place === "frame" && !this.frame) this.drawFrame();
      this.post("show");
    }

    close({ told = false } = {}) {
      if (!this.isOpen) return;
      const hadFocus = this.hasFocus();
      clearTimeout(this.slowTimer);
      clearTimeout(this.silentTimer);
      this.isOpen = false;
      this.showState();
      this.applyShape();
      this.entry.consume();
      if (!told) this.post("hide");
      if (hadFocus) this.focusBack();
      this.dropTimer = setTimeout(() => this.drop(), DROP_AFTER_MS);
    }

    hasFocus() {
      return [this.host, document.body, null].includes(document.activeElement);
    }

    focusBack() {
      if (!this.launcher.hidden) this.launcher.focus();
      else if (this.cameFrom && this.cameFrom.isConnected) this.cameFrom.focus();
    }

    focusChat() {
      if (this.frame) this.frame.contentWindow.focus();
    }

    wait() {
      this.isReady = false;
      this.showState();
      this.say(this.island.texts.connecting);
      clearTimeout(this.slowTimer);
      clearTimeout(this.silentTimer);
      this.slowTimer = setTimeout(() => this.say(this.island.texts.slow, { canRetry: true }), SLOW_AFTER_MS);
    }

    startAgain() {
      this.drop();
      this.wait();
      if (this.island.place === "frame") this.drawFrame();
      else this.post("show");
    }

    drawFrame() {
      const { texts, panel, frame_url } = this.island;
      const frame = element("iframe", { title: panel.title || texts.title, src: frame_url });
      this.frame = frame;
      frame.addEventListener("load", () => {
        this.silentTimer = setTimeout(() => {
          if (this.frame !== frame || this.port) return;
          clearTimeout(this.slowTimer);
          this.say(texts.failed, { canRetry: true, isBusy: false });
        }, SILENT_AFTER_MS);
      });
      this.panel.prepend(frame);
    }

    /* Gives up the frame; inline there is none, and the chat keeps its port. */
    drop() {
      if (!this.frame) return;
      this.frame.remove();
      this.frame = null;
      this.hangUp();
    }

    destroy() {
      this.close();
      this.post("destroy");
      this.drop();
      clearTimeout(this.dropTimer);
      this.narrow.removeEventListener("change", this.onShape);
      this.hangUp();
      this.host.remove();
      widgets.delete(this.island.slug);
    }

    // Talking with the chat

    /* A frame that greets again has reloaded: it gets a new port. */
    greet(event) {
      const chat = this.island.place === "frame" ? this.frame && this.frame.contentWindow : window;
      if (!chat || event.source !== chat || event.origin !== this.origin) return;
      const { slug, lang, overrides } = this.island;
      const channel = new MessageChannel();
      this.hangUp();
      this.port = channel.port1;
      this.port.onmessage = (message) => this.hear(message.data);
      const welcome = {
        coze_widget: PROTOCOL,
        type: "welcome",
        slug,
        lang,
        overrides,
        return_to: location.pathname + location.search + location.hash,
      };
      chat.postMessage(welcome, this.origin, [channel.port2]);
      if (this.isOpen) this.post("show");
    }

    hear({ type }) {
      if (type === "ready" || type === "failed") this.uncover();
      else if (type === "closed") this.close({ told: true });
      else if (type === "gone") {
        gone.add(this.island.slug);
        this.destroy();
      }
    }

    /* From here on the chat has a header or a sentence of its own to show. */
    uncover() {
      const hadFocus = this.root.activeElement === this.closeButton || this.root.activeElement === this.retry;
      clearTimeout(this.slowTimer);
      clearTimeout(this.silentTimer);
      this.isReady = true;
      this.showState();
      if (this.isOpen && hadFocus) this.focusChat();
    }

    post(type) {
      if (this.port) this.port.postMessage({ type });
    }

    hangUp() {
      if (this.port) this.port.close();
      this.port = null;
    }
  }

  function islands() {
    const scripts = document.querySelectorAll('script[type="application/json"][id^="coze-widget-"]');
    return Array.from(scripts, (script) => JSON.parse(script.textContent));
  }

  /* Draws every widget of the page that does not stand yet. */
  function mount() {
    islands().forEach((island) => {
      if (widgets.has(island.slug) || gone.has(island.slug)) return;
      widgets.set(island.slug, new Widget(island));
    });
  }

  function call(slug, method) {
    if (method === "open") mount();
    const widget = widgets.get(slug);
    if (widget) widget[method]();
  }

  window.addEventListener("message", (event) => {
    const { coze_widget: protocol, type, slug } = event.data || {};
    if (!(protocol > 0 && protocol <= NEWEST_PROTOCOL) || type !== "hello") return;
    if (widgets.has(slug)) widgets.get(slug).greet(event);
  });

  window.CozeWidget = {
    mount,
    open: (slug) => call(slug, "open"),
    close: (slug) => call(slug, "close"),
    destroy: (slug) => call(slug, "destroy"),
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
  else mount();
})();
