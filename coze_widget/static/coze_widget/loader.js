/* The launcher, and the frame with the chat in it once somebody wants to chat. */
(() => {
  "use strict";

  const PROTOCOL = 1; // its neighbours are understood too: docs/upgrading.md
  const SLOW_AFTER_MS = 8000;
  // The chat greets before its document has loaded; by then, or never.
  const SILENT_AFTER_MS = 2000;
  const DROP_AFTER_MS = 30 * 60 * 1000;
  const WHOLE_SCREEN = "(max-width: 640px), (max-height: 480px)";

  if (window.CozeWidget && window.CozeWidget.mount) {
    window.CozeWidget.mount();
    return;
  }

  // As in launcher.css, which is linked where style sheets cannot be constructed.
  const STYLES =
    `:host{all:initial !important;display:contents !important}.shell{position:fixed;top:0;left:0;width:0;height:0;font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1f2329}.shell *{box-sizing:border-box}[hidden]{display:none !important}button{margin:0;border:1px solid transparent;padding:0;font:inherit;color:inherit;background:none;cursor:pointer}button:focus{outline:3px solid #2f54eb;outline-offset:2px}button:focus:not(:focus-visible){outline:none}svg{display:block;width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}.launcher{position:fixed;right:calc(24px + env(safe-area-inset-right));bottom:calc(24px + env(safe-area-inset-bottom));display:flex;align-items:center;justify-content:center;width:56px;height:56px;border-radius:50%;color:#fff;background:#2f54eb;box-shadow:0 0 0 1px rgba(255,255,255,0.5),0 4px 16px rgba(15,23,42,0.28)}.launcher:hover{background:#2446cc}.launcher:focus{outline-color:#fff;outline-offset:-5px}.launcher svg{width:28px;height:28px}.launcher img{width:100%;height:100%;border-radius:50%;object-fit:cover}.panel{position:fixed;right:calc(20px + env(safe-area-inset-right));bottom:calc(20px + env(safe-area-inset-bottom));display:flex;flex-direction:column;width:var(--width);max-width:calc(100vw - 40px);height:calc(100% - 40px);max-height:760px;border:1px solid rgba(15,23,42,0.08);border-radius:14px;overflow:hidden;background:#fff;box-shadow:0 8px 40px rgba(15,23,42,0.24);animation:rise 0.16s ease-out}.panel[data-closed]{visibility:hidden;pointer-events:none;animation:none}.keeps .panel{bottom:calc(96px + env(safe-area-inset-bottom));height:calc(100% - 116px)}.inline.keeps.open .launcher{right:auto;left:calc(24px + env(safe-area-inset-left))}.whole .panel{top:0;right:0;bottom:auto;left:0;width:100%;max-width:none;height:100%;max-height:none;border:0;border-radius:0}.whole.keeps.open .launcher{top:calc(6px + env(safe-area-inset-top));right:calc(8px + env(safe-area-inset-right));bottom:auto;left:auto;width:44px;height:44px}.whole.keeps .panel{padding-top:calc(56px + env(safe-area-inset-top))}.cover{position:absolute;top:0;left:0;display:flex;flex-direction:column;width:100%;height:100%;background:#f7f8fa}.bar{display:flex;flex:none;align-items:center;padding:calc(5px + env(safe-area-inset-top)) 6px 5px 16px;background:#fff}.title{flex:1;min-width:0;overflow:hidden;font-weight:600;text-overflow:ellipsis;white-space:nowrap}.close{display:flex;flex:none;align-items:center;justify-content:center;width:44px;height:44px;border-radius:10px;color:#4e5969}.close:hover{background:#f2f3f5}.close:focus{outline-offset:-3px}.progress{flex:none;height:2px;overflow:hidden;background:#e5e9f2}.progress::before{display:block;width:40%;height:100%;background:#2f54eb;content:"";animation:slide 1.2s ease-in-out infinite}.note{display:flex;flex:1;flex-direction:column;align-items:center;justify-content:center;padding:24px;color:#4e5969;text-align:center}.note p{margin:0 0 16px}.retry{min-height:44px;border-radius:10px;padding:0 20px;font-weight:600;color:#fff;background:#2f54eb}iframe{display:block;flex:1;width:100%;min-height:0;border:0}@keyframes rise{from{opacity:0;transform:translateY(12px)}}@keyframes slide{from{transform:translateX(-100%)}to{transform:translateX(250%)}}@media (prefers-reduced-motion:reduce){.panel{animation:none}.progress::before{width:100%;animation:none}}@media print{.shell{display:none}}`;

  const ICONS = {
    chat: "M12 4c5 0 9 3.3 9 7.5S17 19 12 19c-1 0-2-.1-3-.4L4 21l1.2-4C3.8 15.6 3 13.7 3 11.5 3 7.3 7 4 12 4zM8 11.5h.01M12 11.5h.01M16 11.5h.01",
    close: "M6 6l12 12M18 6L6 18",
  };

  const page = document.documentElement;
  const widgets = new Map();
  const gone = new Set();
  let sheet;

  function element(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.keys(attributes).forEach((name) => node.setAttribute(name, attributes[name]));
    node.append(...children);
    return node;
  }

  function button(name, onClick, ...children) {
    const node = element("button", { class: name, type: "button" }, ...children);
    node.addEventListener("click", onClick);
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

  /* Returns how to undo it. */
  function lockScrolling() {
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
      // Opened again before the way back was over.
      if (isOurs && this.isWanted) this.push();
      else this.onBack();
    }

    forget() {
      window.removeEventListener("popstate", this.listener);
    }
  }

  class Widget {
    constructor(island) {
      this.island = island;
      this.isInline = island.place === "inline";
      this.title = island.panel.title || island.texts.title;
      this.isOpen = false;
      this.isReady = false;
      this.origin = new URL(island.frame_url || "", location.href).origin;
      this.entry = new BackEntry(island.slug, () => this.close());
      this.narrow = window.matchMedia(WHOLE_SCREEN);
      this.onShape = () => this.applyShape();
      this.narrow.addEventListener("change", this.onShape);
      this.draw();
      // Inline, the chat stands here already; it answers with a greeting.
      if (this.isInline)
        window.postMessage({ coze_widget: PROTOCOL, type: "call", slug: island.slug }, this.origin);
    }

    draw() {
      const { slug, panel } = this.island;
      this.host = element("div", { "data-coze-widget": slug });
      this.root = this.host.attachShadow({ mode: "open" });
      this.launcher = button("launcher", () => (this.isOpen ? this.close() : this.open()));
      this.shell = element("div", { class: "shell" }, this.launcher);
      this.shell.classList.toggle("keeps", panel.keeps_launcher);
      this.shell.classList.toggle("inline", this.isInline);
      this.shell.style.zIndex = panel.z_index;
      this.root.append(this.shell);
      this.root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.isComposing) this.close();
      });
      this.dress();
      this.showState();
      // Not in the body: so it survives a page that swaps its body.
      page.append(this.host);
    }

    dress() {
      if (this.root.adoptedStyleSheets) {
        if (!sheet) {
          sheet = new CSSStyleSheet();
          sheet.replaceSync(STYLES);
        }
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

    drawFace(name) {
      if (this.face === name) return;
      this.face = name;
      const src = name === "chat" && this.island.launcher.icon;
      const face = src ? element("img", { src, alt: "" }) : icon(name);
      face.onerror = () => face.replaceWith(icon(name));
      this.launcher.replaceChildren(face);
    }

    drawPanel() {
      const { texts, panel, slug } = this.island;
      this.closeButton = button("close", () => this.close(), icon("close"));
      this.closeButton.setAttribute("aria-label", texts.close);
      this.progress = element("div", {
        class: "progress",
        role: "progressbar",
        "aria-label": texts.connecting,
      });
      this.sentence = element("p", { role: "status" });
      this.retry = button("retry", () => this.startAgain(), texts.retry);
      this.cover = element(
        "div",
        { class: "cover" },
        element(
          "div",
          { class: "bar" },
          element("div", { class: "title" }, this.title),
          this.closeButton,
        ),
        this.progress,
        element("div", { class: "note" }, this.sentence, this.retry),
      );
      this.panel = element(
        "div",
        { class: "panel", id: slug, role: "dialog", "aria-label": this.title },
        this.cover,
      );
      this.panel.style.setProperty("--width", `${panel.width}px`);
      this.launcher.setAttribute("aria-controls", slug);
      this.shell.prepend(this.panel);
    }

    showState() {
      const { isOpen, isReady } = this;
      const { texts, launcher, panel } = this.island;
      this.shell.classList.toggle("open", isOpen);
      this.launcher.setAttribute("aria-expanded", isOpen);
      this.launcher.setAttribute("aria-label", isOpen ? texts.close : texts.open);
      this.launcher.hidden = isOpen ? !panel.keeps_launcher : !launcher.shown;
      this.drawFace(isOpen ? "close" : "chat");
      if (!this.panel) return;
      // Inline, the panel is no more than the cover.
      this.panel.toggleAttribute("data-closed", !isOpen || (this.isInline && isReady));
      this.cover.hidden = isReady;
    }

    applyShape() {
      const isWhole = this.island.panel.layout === "mobile" || this.narrow.matches;
      const isCovering = isWhole && this.isOpen;
      const viewport = window.visualViewport;
      this.shell.classList.toggle("whole", isWhole);
      if (!this.panel) return isWhole;
      this.panel.setAttribute("aria-modal", isWhole);
      if (isCovering && !this.unlock) this.unlock = lockScrolling();
      if (!isCovering && this.unlock) {
        this.unlock();
        this.unlock = null;
      }
      // The on-screen keyboard shrinks only the visual viewport.
      if (viewport) viewport.onresize = viewport.onscroll = isCovering ? () => this.fit() : null;
      this.fit();
      return isWhole;
    }

    fit() {
      const viewport = window.visualViewport;
      const { style } = this.panel;
      const isFitted = this.unlock && viewport && viewport.scale === 1;
      style.height = isFitted ? `${viewport.height}px` : "";
      style.top = isFitted ? `${viewport.offsetTop}px` : "";
    }

    say(text, { canRetry = false, isBusy = true } = {}) {
      this.sentence.textContent = text;
      this.retry.hidden = !canRetry;
      this.progress.hidden = !isBusy;
    }

    open() {
      if (this.isOpen) return;
      clearTimeout(this.dropTimer);
      this.isOpen = true;
      this.cameFrom = document.activeElement;
      if (!this.panel) this.drawPanel();
      if (this.applyShape()) this.entry.push();
      this.wait();
      this.closeButton.focus();
      if (!this.frame) this.drawFrame();
      this.post("show");
    }

    close({ isTold = false } = {}) {
      if (!this.isOpen) return;
      const hadFocus = [this.host, document.body].includes(document.activeElement);
      this.stopTimers();
      this.isOpen = false;
      this.showState();
      this.applyShape();
      this.entry.consume();
      if (!isTold) this.post("hide");
      if (hadFocus) this.focusBack();
      this.dropTimer = setTimeout(() => this.drop(), DROP_AFTER_MS);
    }

    focusBack() {
      if (!this.launcher.hidden) this.launcher.focus();
      else if (this.cameFrom) this.cameFrom.focus();
    }

    wait() {
      const { texts } = this.island;
      this.isReady = false;
      this.showState();
      this.say(texts.connecting);
      this.stopTimers();
      if (this.isStranger) this.giveUp();
      else
        this.slowTimer = setTimeout(() => this.say(texts.slow, { canRetry: true }), SLOW_AFTER_MS);
    }

    giveUp() {
      this.stopTimers();
      this.say(this.island.texts.failed, { canRetry: true, isBusy: false });
    }

    stopTimers() {
      clearTimeout(this.slowTimer);
      clearTimeout(this.silentTimer);
    }

    startAgain() {
      if (this.isStranger) location.reload();
      this.drop();
      this.wait();
      this.drawFrame();
      this.post("show");
    }

    drawFrame() {
      const { frame_url: src } = this.island;
      if (this.isInline) return;
      const frame = element("iframe", { title: this.title, src });
      frame.onload = () => {
        this.silentTimer = setTimeout(() => this.port || this.giveUp(), SILENT_AFTER_MS);
      };
      this.frame = frame;
      this.panel.prepend(frame);
    }

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
      this.hangUp();
      clearTimeout(this.dropTimer);
      this.entry.forget();
      this.narrow.removeEventListener("change", this.onShape);
      this.host.remove();
      widgets.delete(this.island.slug);
    }

    greet({ source, origin, data }) {
      const chat = this.frame ? this.frame.contentWindow : this.isInline && window;
      if (source !== chat || origin !== this.origin) return;
      // One of us came out of a cache, and is too old for the other.
      this.isStranger = Math.abs(data.coze_widget - PROTOCOL) > 1;
      if (this.isStranger) {
        if (this.isOpen) this.giveUp();
        return;
      }
      const { slug, lang, overrides } = this.island;
      const { port1, port2 } = new MessageChannel();
      const welcome = {
        coze_widget: PROTOCOL,
        type: "welcome",
        slug,
        lang,
        overrides,
        return_to: location.pathname + location.search + location.hash,
      };
      this.hangUp();
      this.port = port1;
      this.port.onmessage = ({ data }) => this.hear(data.type);
      chat.postMessage(welcome, origin, [port2]);
      if (this.isOpen) this.post("show");
    }

    hear(type) {
      if (type === "ready" || type === "failed") this.uncover();
      else if (type === "closed") this.close({ isTold: true });
      else if (type === "gone") {
        gone.add(this.island.slug); // not to come back in this document
        this.destroy();
      }
    }

    /* From here on the chat has a header or a sentence of its own to show. */
    uncover() {
      const hadFocus = this.cover.contains(this.root.activeElement);
      this.stopTimers();
      this.isReady = true;
      this.showState();
      if (this.isOpen && this.frame && hadFocus) this.frame.contentWindow.focus();
    }

    post(type) {
      if (this.port) this.port.postMessage({ type });
    }

    hangUp() {
      if (this.port) this.port.close();
      this.port = null;
    }
  }

  function mount() {
    document
      .querySelectorAll('script[type="application/json"][id^="coze-widget-"]')
      .forEach((script) => {
        try {
          const island = JSON.parse(script.textContent);
          if (widgets.has(island.slug) || gone.has(island.slug)) return;
          widgets.set(island.slug, new Widget(island));
        } catch (error) {
          console.error(error); // the others stand all the same
        }
      });
  }

  function call(slug, method) {
    if (method === "open") mount();
    if (widgets.has(slug)) widgets.get(slug)[method]();
  }

  window.addEventListener("message", (event) => {
    const { coze_widget: protocol, type, slug } = event.data || {};
    if (protocol >= 0 && type === "hello" && widgets.has(slug)) widgets.get(slug).greet(event);
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
