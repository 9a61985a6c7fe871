/* The preview beside a widget's form: posts the form as it stands, shows what the server
   makes of it, saves nothing. Without this script there is no preview. */
(() => {
  "use strict";

  const pane = document.getElementById("coze-preview");
  const form = pane && pane.closest("form");
  if (!form) return;

  const TYPING_MS = 500;
  // A chat that takes longer comes up in sight of the editor.
  const COMING_MS = 5000;
  // The server forgets soon after.
  const STALE_MS = 10 * 60 * 1000;
  // Below the width of a phone's screen the launcher's panel would cover the whole page.
  const DESKTOP = 840;
  const PHONE = [390, 844];
  const BESIDE = 860;
  const MARGIN = 16;
  const LOWEST = 320;
  const FOLDED = "coze-preview-folded";

  const { dataset } = pane;
  const body = pane.querySelector(".coze-preview-body");
  const stage = pane.querySelector(".coze-preview-stage");
  const said = pane.querySelector(".coze-preview-said");
  const list = document.createElement("ul");
  const fold = pane.querySelector(".coze-preview-fold");
  const languages = pane.querySelector("[data-languages]");
  const opener = pane.querySelector(".coze-preview-open");
  const reload = pane.querySelector(".coze-preview-reload");

  let key = "";
  let known = "";
  let timer;
  let asking = null;
  let heldAt = 0;
  let answer = null;
  let lang = document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en";
  let isPhone = false;
  let current = null;
  let coming = null;
  let wantsOpen = false;
  let isComposing = false;
  let isBlocked = false;

  // What is said below the chat

  function say(state, text = "", lines = []) {
    said.dataset.state = state;
    said.querySelector("p").textContent = text || dataset[state];
    list.replaceChildren(...lines.map(listItem));
    said.querySelector("a").hidden = state !== "obstacle";
  }

  function listItem(text) {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }

  function sentencesOf({ label, messages }) {
    return messages.map((message) => (label ? `${label}: ${message}` : message));
  }

  function sayWhatIsWrong({ missing, errors }) {
    const lines = [].concat(...errors.map(sentencesOf));
    const gaps = missing.length ? `${dataset.missing} ${missing.join(", ")}` : "";
    if (lines.length) say("wrong", "", gaps ? [...lines, gaps] : lines);
    else say("missing", gaps);
  }

  // The form's values, there and back

  function describe(data) {
    const isOurs = ([name]) => name !== "csrfmiddlewaretoken";
    // No file is a file without a name, made this very moment.
    const textOf = ([name, value]) =>
      value.name ? [name, value.name, value.size, value.lastModified] : [name, String(value)];
    return JSON.stringify([...data].filter(isOurs).map(textOf));
  }

  async function fetchAnswer(data, signal) {
    data.append("preview_key", key);
    const response = await fetch(dataset.url, { method: "POST", body: data, signal });
    const type = response.headers.get("Content-Type") || "";
    if (!response.ok || response.redirected || !type.startsWith("application/json"))
      throw new Error(`preview: ${response.status}`);
    return response.json();
  }

  /* Secrets go where they are saved, and nowhere else. */
  function withoutKeys(data) {
    for (const name of [...data.keys()]) {
      if (name.startsWith("visitor_keys-")) data.delete(name);
    }
    return data;
  }

  async function update({ isForced = false } = {}) {
    clearTimeout(timer);
    if (body.hidden || isComposing) return;
    const data = withoutKeys(new FormData(form));
    const now = describe(data);
    if (now === known && !isForced) {
      if (!asking && !coming && answer) tell();
      return;
    }
    if (asking) asking.abort();
    const own = new AbortController();
    asking = own;
    known = now;
    say("waiting");
    try {
      answer = await fetchAnswer(data, own.signal);
    } catch {
      if (asking !== own) return;
      asking = null;
      giveUp();
      return;
    }
    if (asking !== own) return;
    asking = null;
    heldAt = Date.now();
    tell();
    if (answer.url) bring();
  }

  /* Asked again at the next change, whatever it is. */
  function giveUp() {
    known = "";
    answer = null;
    say(isBlocked ? "blocked" : "failed");
  }

  /* What the answer means; a page that comes says itself when it is there. */
  function tell() {
    if (answer.obstacle) say("obstacle", answer.obstacle);
    else if (answer.errors) sayWhatIsWrong(answer);
    else if (current && !coming) say("fresh");
  }

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(update, ms);
  }

  // The page: the next one is made ready behind the one that shows

  const apiOf = (frame) => frame && frame.contentWindow && frame.contentWindow.CozeWidget;

  function chatOf(frame) {
    const api = apiOf(frame);
    return api ? api.get(frame.dataset.slug) : null;
  }

  function bring() {
    if (coming) coming.remove();
    key = answer.key;
    languages.hidden = !answer.follows_page;
    const frame = document.createElement("iframe");
    const url = new URL(answer.url, location.href);
    if (answer.follows_page) url.searchParams.set("lang", lang);
    frame.title = dataset.title;
    frame.className = "coze-coming";
    frame.dataset.slug = answer.slug;
    frame.onload = () => arrive(frame);
    frame.src = url.href;
    coming = frame;
    stage.append(frame);
    say("waiting");
  }

  function arrive(frame) {
    frame.onload = null;
    if (frame !== coming) return;
    const { contentDocument: page } = frame;
    if (!page || !page.querySelector('meta[name="coze-preview"]')) {
      replace(frame);
      giveUp();
      return;
    }
    opener.disabled = !apiOf(frame);
    tame(frame);
    page.addEventListener("coze:show", ({ target }) => {
      wantsOpen = true;
      const chat = target.shadowRoot.querySelector("iframe");
      if (chat) chat.addEventListener("load", () => tame(chat));
    });
    page.addEventListener("coze:hide", () => {
      wantsOpen = false;
    });
    const chat = wantsOpen && chatOf(frame);
    if (!chat) {
      replace(frame);
      return;
    }
    ["ready", "error"].forEach((name) =>
      page.addEventListener(`coze:${name}`, () => replace(frame)),
    );
    setTimeout(() => replace(frame), COMING_MS);
    chat.showChatBot();
  }

  /* A chat that opens again by itself takes the focus from nobody who types. */
  function tame({ contentWindow: view }) {
    const { prototype } = view.HTMLElement;
    const { focus } = prototype;
    prototype.focus = function (...options) {
      if (view.document.hasFocus()) focus.apply(this, options);
    };
  }

  function replace(frame) {
    if (frame !== coming) return;
    frame.classList.remove("coze-coming");
    if (current) current.remove();
    current = frame;
    coming = null;
    if (!asking) say("fresh");
  }

  function openChat() {
    const chat = chatOf(current);
    if (!chat) return;
    wantsOpen = true;
    if (Date.now() - heldAt > STALE_MS) {
      update({ isForced: true });
      return;
    }
    current.focus();
    chat.showChatBot();
  }

  // Size

  function fit() {
    const { clientWidth: width, clientHeight: height } = stage;
    if (!width) return;
    const [wide, high] = isPhone ? PHONE : [Math.max(width, DESKTOP), 0];
    const scale = Math.min(1, width / wide, high ? height / high : 1);
    const set = (name, value) => stage.style.setProperty(`--coze-${name}`, value);
    set("scale", scale);
    set("width", `${wide}px`);
    set("height", `${high || height / scale}px`);
    set("left", `${(width - wide * scale) / 2}px`);
  }

  function place() {
    const { width } = form.getBoundingClientRect();
    const isBeside = width >= BESIDE;
    const share = body.hidden ? 170 : Math.min(640, Math.round(width * 0.42));
    form.classList.toggle("coze-beside", isBeside);
    form.style.setProperty("--coze-preview-width", `${share}px`);
    stretch();
  }

  /* Down to the end of the screen: the launcher is in a corner. */
  function stretch() {
    const frame = stage.parentNode.parentNode;
    const rest = frame.offsetHeight - stage.offsetHeight + MARGIN;
    const top = Math.max(frame.getBoundingClientRect().top, MARGIN);
    const height = Math.max(window.innerHeight - top - rest, LOWEST);
    stage.style.setProperty("--coze-stage", `${height}px`);
    fit();
  }

  // Buttons

  function press(button) {
    for (const other of button.parentNode.children)
      other.setAttribute("aria-pressed", other === button);
  }

  function setFolded(isFolded) {
    body.hidden = isFolded;
    reload.hidden = isFolded;
    fold.setAttribute("aria-expanded", !isFolded);
    fold.textContent = isFolded ? dataset.show : dataset.hide;
    place();
    update();
  }

  function onClick({ target }) {
    const button = target.closest("button");
    if (!button) return;
    const { size, language } = button.dataset;
    if (button === fold) {
      setFolded(!body.hidden);
      remember(body.hidden);
    } else if (size) {
      isPhone = size === "phone";
      pane.classList.toggle("coze-preview-phone", isPhone);
      press(button);
      fit();
    } else if (language) {
      lang = language;
      press(button);
      if (answer && answer.url) bring();
    } else if (button === opener) openChat();
    else update({ isForced: true });
  }

  function remember(isFolded) {
    try {
      sessionStorage.setItem(FOLDED, isFolded ? "1" : "");
    } catch {
      // Storage may be forbidden; then the next page starts unfolded.
    }
  }

  function wasFolded() {
    try {
      return sessionStorage.getItem(FOLDED) === "1";
    } catch {
      return false;
    }
  }

  form.addEventListener("compositionstart", () => {
    isComposing = true;
  });
  form.addEventListener("compositionend", () => {
    isComposing = false;
    later(TYPING_MS);
  });
  form.addEventListener("input", () => later(TYPING_MS));
  // Others than texts are decided at once; scripts fill in without saying so.
  form.addEventListener("change", ({ target }) =>
    later(target.matches("select, [type=checkbox], [type=radio], [type=file], [type=color]") ? 0 : TYPING_MS),
  );
  form.addEventListener("click", () => later(TYPING_MS));
  pane.addEventListener("click", onClick);
  document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
    if (blockedURI.includes("/preview/")) {
      isBlocked = true;
      giveUp();
    }
  });
  window.addEventListener("scroll", stretch, { passive: true });
  window.addEventListener("resize", stretch);
  const others = new ResizeObserver(stretch);
  [said, languages.parentNode].forEach((node) => others.observe(node));
  new ResizeObserver(place).observe(form);
  new ResizeObserver(fit).observe(stage);

  said.querySelector("p").after(list);
  pane.hidden = false;
  press(languages.querySelector(`[data-language="${lang}"]`));
  setFolded(wasFolded());
})();
