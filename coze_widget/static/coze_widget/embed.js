/* The first half of the loader that pages of other origins include. The second, loader.js,
   draws the launchers; this one fetches what the tag writes into the site's own pages. */
(() => {
  "use strict";

  const script = document.currentScript;
  if (!script || !script.src) {
    console.error("CozeWidget: the loader needs a <script src> of its own");
    return;
  }
  const { cozeWidget = "", cozeLang = "" } = script.dataset;
  const waiting = new Set(cozeWidget.split(/\s+/).filter(Boolean));
  const wanted = new Set();

  function addressOf(slug) {
    const url = new URL(`${encodeURIComponent(slug)}/widget.json`, script.src);
    const { lang } = document.documentElement;
    // Two values and no others, so that caches keep few texts.
    if (cozeLang) url.searchParams.set("lang", cozeLang);
    else if (/^zh/i.test(lang)) url.searchParams.set("page", "zh-CN");
    return url.href;
  }

  function matches(pattern, origin) {
    const [before, after] = pattern.split("*");
    if (after === undefined) return origin === pattern;
    return origin.startsWith(before) && origin.endsWith(after);
  }

  /* The browser would refuse the frame, whatever is decided here. */
  function mayHold({ embedders }, origin) {
    const own = new URL(script.src).origin;
    return origin === own || embedders.some((pattern) => matches(pattern, origin));
  }

  function resolve(island, base) {
    Object.keys(island).forEach((name) => {
      if (name.endsWith("_url") && island[name]) island[name] = new URL(island[name], base).href;
    });
    const { launcher } = island;
    if (launcher.icon) launcher.icon = new URL(launcher.icon, base).href;
    return island;
  }

  async function fetchIsland(slug) {
    const url = addressOf(slug);
    const response = await fetch(url, { credentials: "omit" });
    const text = await response.text(); // unread, it would stay under way
    if (!response.ok) throw new Error(`${response.status} ${url}`);
    const island = JSON.parse(text);
    // Not that of `location`: in a sandboxed frame it is "null".
    const { origin } = window;
    if (!mayHold(island, origin))
      throw new Error(`${origin} is none of the origins that may hold this widget`);
    return resolve(island, url);
  }

  function whenParsed() {
    if (document.readyState !== "loading") return Promise.resolve();
    return new Promise((done) => document.addEventListener("DOMContentLoaded", done));
  }

  async function mount(slug) {
    try {
      const island = await fetchIsland(slug);
      await whenParsed();
      window.CozeWidget.mount(island);
      const told = new CustomEvent("coze:mount", { bubbles: true, detail: { slug } });
      document.dispatchEvent(told);
      if (wanted.has(slug)) window.CozeWidget.open(slug);
    } catch (error) {
      console.error(`CozeWidget: no chat “${slug}” here:`, error);
    }
    waiting.delete(slug);
    if (!waiting.size) document.removeEventListener("click", onClick);
  }

  /* Somebody was faster than the network. */
  function onClick({ target }) {
    const opener = target.closest && target.closest("[data-coze-open]");
    if (opener && waiting.has(opener.dataset.cozeOpen)) wanted.add(opener.dataset.cozeOpen);
  }

  if (waiting.size) document.addEventListener("click", onClick);
  else console.error("CozeWidget: data-coze-widget names no widget");
  waiting.forEach(mount);
})();
