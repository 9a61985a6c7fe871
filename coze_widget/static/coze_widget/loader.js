/* All that a page has before somebody wants to chat. */
(() => {
  "use strict";

  // A form of this name is no loader.
  const { mount: mountAgain } = window.CozeWidget || {};
  if (typeof mountAgain === "function") {
    mountAgain();
    return;
  }

  // As in launcher.css, which is linked where sheets cannot be constructed.
  const STYLES =
    `:host{all:initial !important;display:contents !important}.shell{--x:24px;--y:24px;--size:56px;--color:#2f54eb;--ink:#fff;--text:#1f2329;--back:#f7f8fa;--line:rgba(15,23,42,0.1);--ring:rgba(255,255,255,0.5);position:fixed;top:0;left:0;width:0;height:0;font:15px/1.5 system-ui,"Segoe UI",sans-serif;color:var(--text)}.dark{--text:#e8eaed;--back:#1d1f23;--line:rgba(255,255,255,0.16);--ring:rgba(0,0,0,0.5)}.shell *{box-sizing:border-box}[hidden]{display:none !important}button{margin:0;border:1px solid transparent;padding:0;font:inherit;color:inherit;background:none;cursor:pointer}svg{display:block;flex:none;width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}.launcher{position:fixed;right:calc(var(--x) + env(safe-area-inset-right));bottom:calc(var(--y) + env(safe-area-inset-bottom));display:flex;align-items:center;justify-content:center;min-width:max(44px,var(--size));max-width:calc(100vw - var(--x) - 24px);min-height:max(44px,var(--size));border-radius:calc(var(--size) / 2);color:var(--ink);background-color:var(--color);box-shadow:0 0 0 1px var(--ring),0 4px 16px rgba(15,23,42,0.3)}.left .launcher{right:auto;left:calc(var(--x) + env(safe-area-inset-left))}.top .launcher{top:calc(var(--y) + env(safe-area-inset-top));bottom:auto}.launcher:hover{filter:brightness(0.92)}.launcher[aria-busy="true"]{opacity:0.7;cursor:progress}.launcher:focus{outline:3px solid transparent;box-shadow:0 0 0 2px #fff,0 0 0 5px #1f2329}.launcher:focus:not(:focus-visible){box-shadow:0 0 0 1px var(--ring),0 4px 16px rgba(15,23,42,0.3)}.launcher svg{width:calc(var(--size) / 2);height:calc(var(--size) / 2)}.launcher img{flex:none;width:calc(var(--size) - 2px);height:calc(var(--size) - 2px);border-radius:50%;object-fit:cover}.pill{padding:0 20px;font-weight:600}.pill svg,.pill img{margin-inline-end:10px}.pill img{margin-inline-start:-20px}.placed{position:relative;display:flex;flex-direction:column;width:100%;height:100%}.card{display:flex;flex:1 1 600px;flex-direction:column;align-items:center;justify-content:center;border:1px solid var(--line);border-radius:14px;padding:24px;text-align:center;background:var(--back)}.card p{margin:0 0 16px;font-size:18px;font-weight:600}.card .launcher{position:static;max-width:100%}@media print{.shell{display:none}}`;

  const BUBBLE =
    "M12 4c5 0 9 3.3 9 7.5S17 19 12 19c-1 0-2-.1-3-.4L4 21l1.2-4C3.8 15.6 3 13.7 3 11.5 3 7.3 7 4 12 4zM8 11.5h.01M12 11.5h.01M16 11.5h.01";

  const KEY = "coze-widget-open";
  const widgets = new Map();
  const left = new WeakSet();
  const given = new Map();
  const globals = new Map();
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  const { nonce } = document.currentScript || {};
  let fetching = null;
  let failures = 0;
  let judging;

  function element(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.keys(attributes).forEach((name) => node.setAttribute(name, attributes[name]));
    node.append(...children);
    return node;
  }

  function icon(d) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS(svg.namespaceURI, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", d);
    svg.append(path);
    return svg;
  }

  function adopt(root, styles) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  }

  function fetchPanel(src) {
    if (!fetching) {
      const url = new URL(src, document.baseURI);
      // Browsers remember a module that failed.
      if (failures) url.searchParams.set("again", failures);
      fetching = import(url.href)
        .catch(() => addScript(url.href)) // without CORS
        .then(() => window.CozeWidget.Panel || Promise.reject(new Error(src)));
      fetching.catch(() => {
        fetching = null;
        failures += 1;
      });
    }
    return fetching;
  }

  function addScript(src) {
    return new Promise((resolve, reject) => {
      const script = element("script", nonce ? { nonce } : {});
      script.onload = resolve;
      script.onerror = reject;
      script.src = src;
      document.head.append(script);
    });
  }

  function minuteOfWeek(timeZone, now) {
    const text = new Date(now).toLocaleString("en-US", {
      timeZone,
      weekday: "short",
      hour: "numeric",
      minute: "numeric",
      hourCycle: "h23",
    });
    const [, day, hour, minute] = /(\w+)\D+(\d+):(\d+)/.exec(text);
    return "MonTueWedThuFriSatSun".indexOf(day) * 480 + hour * 60 + Number(minute);
  }

  function isWithin({ zone, hours, from = 0, until = Infinity }) {
    const now = Date.now();
    if (now < from * 1000 || now >= until * 1000) return false;
    if (!hours) return true;
    try {
      const minute = minuteOfWeek(zone, now);
      return hours.some(([start, end]) => start <= minute && minute < end);
    } catch {
      return true; // unknown here
    }
  }

  class Widget {
    constructor(island, source, text) {
      Object.assign(this, { island, source, text, isOpen: false });
      this.draw();
    }

    get title() {
      const { overrides, panel, texts } = this.island;
      return overrides.title || panel.title || texts.title;
    }

    draw() {
      const { slug, lang, launcher, panel, place, texts, stylesheet_url: href } = this.island;
      const { corner = "", label, size, x, y, color, ink } = launcher;
      const { at } = panel;
      this.label = label || (at ? texts.open : "");
      // for Turbo's morphing
      this.host = element("div", { "data-coze-widget": slug, "data-turbo-permanent": "" });
      this.root = this.host.attachShadow({ mode: "open" });
      this.launcher = element("button", { type: "button" });
      this.launcher.onclick = () => (this.isOpen ? this.close() : this.open());
      this.drawFace();
      this.card = at && element("div", { class: "card" }, element("p", { dir: "auto" }), this.launcher);
      this.shell = element(
        "div",
        { class: `shell ${place} ${at ? "placed" : corner.replace("-", " ")}`, lang },
        this.card || this.launcher,
      );
      const { style } = this.shell;
      const set = (name, value, unit = "") =>
        value === undefined || style.setProperty(`--${name}`, value + unit);
      set("x", x, "px");
      set("y", y, "px");
      set("size", size, "px");
      set("color", color);
      set("ink", ink);
      if (!at) style.zIndex = panel.z_index;
      ["pointerenter", "focus"].forEach((name) =>
        this.launcher.addEventListener(name, () => this.reach()),
      );
      this.root.append(this.shell);
      if (this.root.adoptedStyleSheets) adopt(this.root, STYLES);
      else {
        const link = element("link", { rel: "stylesheet", href });
        this.shell.hidden = true;
        link.onload = link.onerror = () => {
          this.shell.hidden = false;
        };
        this.root.append(link);
      }
    }

    drawFace(label = this.label) {
      const { launcher } = this;
      const src = this.island.launcher.icon;
      const face = src ? element("img", { src, alt: "" }) : icon(BUBBLE);
      face.onerror = () => face.replaceWith(icon(BUBBLE));
      launcher.className = label ? "launcher pill" : "launcher";
      launcher.replaceChildren(face, ...(label ? [element("span", { dir: "auto" }, label)] : []));
    }

    settle() {
      const { at } = this.island.panel;
      // Not in the body, which may be swapped.
      const place = at ? document.getElementById(at) : document.documentElement;
      if (!place || this.source.isConnected === false) this.destroy();
      else if (this.host.parentNode !== place) {
        if (at) place.textContent = ""; // what a snapshot kept
        place.append(this.host);
        if (this.isOpen) this.panel.startAgain(); // a frame that was moved is empty
      }
    }

    get isOn() {
      const { clock = {}, after = [] } = this.island;
      const isRunning = (slug) => widgets.has(slug) && isWithin(widgets.get(slug).island.clock || {});
      return isWithin(clock) && !after.some(isRunning);
    }

    showState() {
      const { card, launcher, island } = this;
      const { shown, scheme } = island.launcher;
      const isDark = scheme === "dark" || (scheme === "auto" && darkness.matches);
      this.shell.classList.toggle("dark", isDark);
      launcher.hidden = !(shown || card) || !this.isOn;
      launcher.setAttribute("aria-expanded", this.isOpen);
      launcher.setAttribute("aria-label", launcher.textContent || island.texts.open);
      launcher.setAttribute("aria-busy", Boolean(this.isWanted));
      if (this.panel) this.panel.showState();
      if (card) {
        card.hidden = launcher.hidden;
        card.firstChild.textContent = this.title;
      }
      markAll();
    }

    tell(name, detail) {
      const { slug } = this.island;
      const options = { bubbles: true, cancelable: true, detail: { slug, ...detail } };
      return this.host.dispatchEvent(new CustomEvent(`coze:${name}`, options));
    }

    fetch() {
      const { panel_url: url, stylesheet_url: sheet } = this.island;
      // An older page names no panel.js.
      return fetchPanel(url || sheet.replace("launcher.css", "panel.js"));
    }

    make() {
      this.panel = this.panel || new window.CozeWidget.Panel(this, { element, icon, adopt });
      return this.panel;
    }

    open(opener, isAgain) {
      if (window.CozeWidget.Panel) {
        this.isWanted = false;
        this.make().open(opener, isAgain);
        return;
      }
      this.isWanted = true;
      this.showState();
      this.fetch()
        .then(() => this.isWanted && this.open(opener, isAgain))
        .catch((error) => {
          console.error(error);
          this.isWanted = false;
          this.launcher.setAttribute("aria-live", "polite");
          if (!isAgain) this.drawFace(this.island.texts.failed);
          this.tell("error", { code: navigator.onLine ? "failed" : "offline" });
        })
        .then(() => this.showState());
    }

    /* Somebody seems to want it. */
    reach() {
      this.fetch().then(
        () => widgets.get(this.island.slug) === this && this.make().prepare(),
        () => {},
      );
    }

    /* What a page may want before anybody does. */
    begin() {
      const { load, panel, slug } = this.island;
      if (load || document.querySelector("[data-coze-avoid]"))
        (window.requestIdleCallback || setTimeout)(() =>
          this.fetch().then(
            () => widgets.get(slug) === this && this.make(),
            () => {},
          ),
        );
      try {
        if (sessionStorage.getItem(KEY) === slug && !panel.at) this.open(null, true);
      } catch {
        // a page without storage
      }
    }

    identify() {
      if (this.panel) this.panel.post("identify");
    }

    close() {
      this.isWanted = false;
      if (this.panel) this.panel.close();
      else this.showState();
    }

    update(said) {
      const overrides = { ...this.island.overrides, ...said };
      this.island.overrides = JSON.parse(JSON.stringify(overrides));
      this.showState();
      if (this.panel) this.panel.update();
    }

    destroy() {
      const { slug } = this.island;
      this.isWanted = false;
      if (this.panel) this.panel.destroy();
      this.host.remove();
      widgets.delete(slug);
      left.add(this.source);
      globals.forEach((handle, name) => {
        if (handle.slug !== slug) return;
        globals.delete(name);
        if (window[name] === handle) delete window[name];
      });
      judge();
    }
  }

  function openerAt({ target }) {
    return target.closest && target.closest("[data-coze-open]");
  }

  function mark(opener) {
    const widget = widgets.get(opener.dataset.cozeOpen);
    if (!widget) return;
    opener.setAttribute("aria-expanded", widget.isOpen);
    if (!widget.card) opener.setAttribute("aria-haspopup", "dialog");
  }

  function markAll() {
    document.querySelectorAll("[data-coze-open]").forEach(mark);
  }

  function onIntent(event) {
    const opener = openerAt(event);
    const widget = opener && widgets.get(opener.dataset.cozeOpen);
    if (!widget) return;
    mark(opener);
    widget.reach();
  }

  function onClick(event) {
    const opener = openerAt(event);
    if (!opener || event.ctrlKey || event.metaKey) return;
    const { cozeOpen: slug } = opener.dataset;
    call(slug, "open", opener);
    // A link leads on where there is no chat.
    if (widgets.has(slug)) event.preventDefault();
  }

  function handOut({ dataset }) {
    const { cozeGlobal: name, cozeWidget: slug } = dataset;
    if (!widgets.has(slug) || globals.has(name)) return;
    globals.set(name, handleOf(slug));
    if (name in window) console.warn(`CozeWidget: window.${name} is taken`);
    else window[name] = globals.get(name);
  }

  /* What the page says last counts. */
  function add(source) {
    const text = source.text || JSON.stringify(source);
    const island = JSON.parse(text);
    const { slug } = island;
    if (!source.text) given.set(slug, source);
    const there = widgets.get(slug);
    if (there) {
      there.source = source;
      if (there.text === text) return;
      there.text = text;
      if (there.panel && there.panel.follow(island)) return;
      there.destroy();
    }
    const widget = new Widget(island, source, text);
    widgets.set(slug, widget);
    widget.settle();
    widget.begin();
  }

  function mount(island, isSwap) {
    const all = document.querySelectorAll("script[type$=json][id^=coze-widget-]");
    [island, ...(isSwap ? [] : given.values()), ...all].forEach((one) => {
      try {
        // not an event
        if (one && (one.text || one.slug) && !(isSwap && left.has(one))) add(one);
      } catch (error) {
        console.error(error); // the others stand
      }
    });
    widgets.forEach((widget) => widget.settle());
    document.querySelectorAll("script[data-coze-global]").forEach(handOut);
    judge();
  }

  function judge() {
    const all = Array.from(widgets.values());
    clearTimeout(judging);
    all.forEach((widget) => widget.showState());
    if (all.some(({ island }) => island.clock))
      judging = setTimeout(judge, 60000 - (Date.now() % 60000));
  }

  function call(slug, method, said) {
    if (method === "open" && !widgets.has(slug)) mount();
    if (widgets.has(slug)) widgets.get(slug)[method](said);
  }

  function handleOf(slug) {
    return {
      slug,
      get isOpen() {
        return widgets.has(slug) && widgets.get(slug).isOpen;
      },
      showChatBot: () => call(slug, "open"),
      hideChatBot: () => call(slug, "close"),
      destroy: () => call(slug, "destroy"),
      update: (said) => call(slug, "update", said),
      identify: () => call(slug, "identify"),
    };
  }

  document.addEventListener("click", onClick);
  document.addEventListener("pointerover", onIntent);
  document.addEventListener("focusin", onIntent);
  darkness.addEventListener("change", judge);
  ["turbo:render", "turbo:frame-render", "htmx:afterSettle", "htmx:after:settle"].forEach((name) =>
    document.addEventListener(name, () => mount(null, true)),
  );

  window.CozeWidget = {
    mount,
    get: (slug) => (widgets.has(slug) ? handleOf(slug) : null),
    open: (slug) => call(slug, "open"),
    close: (slug) => call(slug, "close"),
    destroy: (slug) => call(slug, "destroy"),
  };

  if (document.readyState === "loading")
    document.addEventListener("DOMContentLoaded", () => mount());
  else mount();
})();
