/* The checklist in the admin: reads itself anew, and looks at what really arrives in this
   browser. Without this script all but "Seen from your browser" works too. */
(() => {
  "use strict";

  const READ_AGAIN_MS = 15000;
  // A page that is left open must not keep a session from running out.
  const STOP_READING_AFTER_MS = 300000;
  const LOOK_AGAIN_AFTER_MS = 5000;
  const GREETING_TIMEOUT_MS = 15000;
  // As in loader.js: the chat greets before its document has loaded; by then, or never.
  const SILENT_AFTER_MS = 2000;
  const MOST_CHARACTERS = 300;

  // Once will do: the frame's document fetches the SDK, which is megabytes.
  const greeted = new Set();
  let { frames, scripts, texts, states } = readProbes(document);

  function readProbes(page) {
    return JSON.parse(page.getElementById("coze-probes").textContent);
  }

  // Sentences

  function say(key, facts) {
    return texts[key].replace(/\{(\w+)\}/g, (_all, name) =>
      String(facts[name]).slice(0, MOST_CHARACTERS),
    );
  }

  function finding(state, key, facts) {
    const advice = `${key}_advice`;
    return {
      state,
      text: say(key, facts),
      advice: state !== "done" && texts[advice] ? say(advice, facts) : "",
    };
  }

  function element(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  function draw({ state, text, advice }) {
    const item = document.createElement("li");
    const line = element("div", "coze-text", "");
    item.dataset.state = state;
    // What is still being looked at has no state to tell.
    if (state !== "unseen") line.append(element("span", "visually-hidden", `${states[state]}:`));
    line.append(` ${text}`);
    item.append(line);
    if (advice) item.append(drawAdvice(advice));
    return item;
  }

  /* Words and code in turn: code stands between backticks. */
  function drawAdvice(advice) {
    const paragraph = document.createElement("p");
    advice.split("`").forEach((part, number) => {
      paragraph.append(number % 2 ? element("code", "", part) : part);
    });
    return paragraph;
  }

  // What arrives

  function isOurs(url) {
    return new URL(url, location.href).origin === location.origin;
  }

  /* Undefined where the page was opened over plain http: no digests there. */
  async function digestOf(bytes) {
    if (!window.crypto || !crypto.subtle) return undefined;
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function differs(bytes, expected) {
    const digest = await digestOf(bytes);
    return digest !== undefined && digest !== expected;
  }

  function typeOf(response) {
    return response.headers.get("Content-Type") || "?";
  }

  async function lookAtFrame(frame) {
    const facts = { name: frame.name, path: frame.url };
    let response;
    try {
      response = await fetch(frame.url, { cache: "no-store", redirect: "manual" });
    } catch {
      return [finding("failed", "frame_unreachable", facts)];
    }
    if (response.type === "opaqueredirect") return [finding("failed", "frame_redirect", facts)];
    if (response.status !== 200)
      return [finding("failed", "frame_status", { ...facts, status: response.status })];
    const bytes = await response.arrayBuffer();
    const body = new TextDecoder().decode(bytes);
    if (!typeOf(response).startsWith("text/html") || !body.includes('id="coze-chat"'))
      return [finding("failed", "frame_foreign", facts)];
    const findings = judgeHeaders(frame, response.headers, facts);
    if (!findings.length && (await differs(bytes, frame.digest)))
      findings.push(finding("note", "frame_changed", facts));
    return findings.length ? findings : [finding("done", "frame_ok", facts)];
  }

  function judgeHeaders(frame, headers, facts) {
    const findings = [];
    const policy = headers.get("Content-Security-Policy");
    const options = headers.get("X-Frame-Options");
    if (!policy) findings.push(finding("failed", "frame_no_policy", facts));
    else if (policy !== frame.policy) {
      // Two headers arrive as one, with a comma: what was added is what matters.
      const value = policy.replace(frame.policy, "").replace(/^[\s,]+|[\s,]+$/g, "");
      findings.push(finding("failed", "frame_policy", { ...facts, value }));
    }
    if (options) findings.push(finding("note", "frame_options", { ...facts, value: options }));
    return findings;
  }

  /* Opens the frame out of sight and waits for the word with which its script greets. It
     gets no answer: so the chat asks nobody for a token. */
  function waitForGreeting(frame) {
    const facts = { name: frame.name };
    if (greeted.has(frame.url)) return Promise.resolve(finding("done", "greets", facts));
    return new Promise((resolve) => {
      const iframe = document.createElement("iframe");
      const finish = (result) => {
        clearTimeout(timer);
        window.removeEventListener("message", hear);
        document.removeEventListener("securitypolicyviolation", refuse);
        iframe.remove();
        resolve(result);
      };
      const hear = ({ source, origin, data }) => {
        const { coze_widget: protocol, type, slug } = data || {};
        const isTheirs = source === iframe.contentWindow && origin === location.origin;
        if (isTheirs && protocol > 0 && type === "hello" && slug === frame.slug) {
          greeted.add(frame.url);
          finish(finding("done", "greets", facts));
        }
      };
      const refuse = ({ effectiveDirective: directive, disposition }) => {
        if (disposition === "enforce" && /^(frame|child|default)-src$/.test(directive))
          finish(finding("failed", "blocked", { ...facts, directive }));
      };
      const giveUp = () => finish(finding("failed", "silent", facts));
      let timer = setTimeout(giveUp, GREETING_TIMEOUT_MS);
      iframe.onload = () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, SILENT_AFTER_MS);
      };
      window.addEventListener("message", hear);
      document.addEventListener("securitypolicyviolation", refuse);
      iframe.hidden = true;
      iframe.tabIndex = -1;
      iframe.title = frame.name;
      iframe.src = frame.url;
      document.body.append(iframe);
    });
  }

  async function lookAtScript(script) {
    const { file, url, digest } = script;
    const facts = { file, url };
    // Of another origin's answer without CORS nothing can be read: let the browser try.
    if (!isOurs(url)) return tryScript(script);
    let response;
    try {
      response = await fetch(url, { cache: "no-store" });
    } catch {
      return finding("failed", "script_unreachable", facts);
    }
    const { status } = response;
    if (status !== 200) return finding("failed", "script_missing", { ...facts, status });
    const type = typeOf(response);
    if (!/javascript|ecmascript/i.test(type))
      return finding("failed", "script_foreign", { ...facts, type });
    if (await differs(await response.arrayBuffer(), digest))
      return finding("note", "script_other", facts);
    return finding("done", "script_ok", facts);
  }

  function tryScript({ file, url }) {
    return new Promise((resolve) => {
      const script = document.createElement("script");
      script.nonce = document.querySelector("script[nonce]") ? nonceOfPage() : "";
      script.onload = () => resolve(finding("done", "script_ok", { file }));
      script.onerror = () => resolve(finding("failed", "script_unreachable", { file, url }));
      script.src = url;
      document.head.append(script);
    });
  }

  function nonceOfPage() {
    return document.querySelector("script[nonce]").nonce;
  }

  async function look() {
    const list = document.getElementById("coze-seen");
    const looks = [
      ...frames.map(lookAtFrame),
      ...frames.map(waitForGreeting),
      ...scripts.map(lookAtScript),
    ];
    const found = looks.map(() => ({ state: "unseen", text: texts.looking, advice: "" }));
    const show = () => list.replaceChildren(...found.flat().map(draw));
    if (!frames.length) found.push({ state: "note", text: texts.no_frames, advice: "" });
    // What was seen before stays until all is seen anew.
    const isFirst = !list.dataset.looked;
    list.dataset.looked = "true";
    list.setAttribute("aria-busy", "true");
    if (isFirst) show();
    await Promise.all(
      looks.map(async (look, number) => {
        found[number] = await look;
        if (isFirst) show();
      }),
    );
    show();
    list.removeAttribute("aria-busy");
  }

  // The list of the server

  /* As a document: no text is parsed here, which Trusted Types would forbid. */
  function readPage() {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("GET", location.pathname);
      request.responseType = "document";
      request.onload = () => resolve(request.response);
      request.onerror = reject;
      request.send();
    });
  }

  async function readAgain() {
    let page;
    try {
      page = await readPage();
    } catch {
      return; // the next time, then
    }
    const fresh = page && page.getElementById("coze-checklist");
    const shown = document.getElementById("coze-checklist");
    // A login page instead; or somebody is just using the list.
    if (!fresh || shown.contains(document.activeElement) || isBusy) return;
    ({ frames, scripts, texts, states } = readProbes(page));
    if (fresh.isEqualNode(served)) return;
    served = fresh.cloneNode(true);
    const open = [...shown.querySelectorAll("details")].map((details) => details.open);
    shown.replaceWith(document.adoptNode(fresh));
    fresh.querySelectorAll("details").forEach((details, number) => {
      details.open = open[number];
    });
    furnish(fresh);
  }

  function furnish(list) {
    list.querySelectorAll("code[data-copy]").forEach(letCopy);
  }

  function letCopy(code) {
    const { copy, copied } = code.dataset;
    const button = element("button", "coze-copy button", copy);
    button.type = "button";
    button.addEventListener("click", () =>
      navigator.clipboard.writeText(code.textContent).then(
        () => {
          button.textContent = copied;
        },
        () => window.getSelection().selectAllChildren(code),
      ),
    );
    // Only secure contexts have a clipboard.
    if (navigator.clipboard) code.after(button);
  }

  let isBusy = false;
  let lookedAt = 0;
  let touchedAt = Date.now();
  let served = document.getElementById("coze-checklist").cloneNode(true); // without our buttons

  function askInPeace(form) {
    form.addEventListener("submit", () => {
      isBusy = true;
      document.querySelectorAll('button[form="coze-ask"]').forEach((button) => {
        button.textContent = button.dataset.busy;
        button.disabled = true;
      });
    });
  }

  async function comeBack() {
    if (document.hidden || Date.now() - lookedAt < LOOK_AGAIN_AFTER_MS) return;
    lookedAt = Date.now();
    await readAgain();
    await look();
    lookedAt = Date.now();
  }

  furnish(document);
  document.querySelectorAll("#coze-ask").forEach(askInPeace);
  document.addEventListener("visibilitychange", comeBack);
  window.addEventListener("focus", comeBack);
  ["pointerdown", "keydown"].forEach((type) =>
    window.addEventListener(type, () => {
      touchedAt = Date.now();
    }),
  );
  setInterval(() => {
    const isWatched = Date.now() - touchedAt < STOP_READING_AFTER_MS;
    if (isWatched && !document.hidden) readAgain();
  }, READ_AGAIN_MS);
  lookedAt = Date.now();
  look();
})();
