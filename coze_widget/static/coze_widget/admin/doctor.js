/* “Examine” in the admin: each step appears as it is done. Without this script it works,
   too: the whole page comes at the end. */
(() => {
  "use strict";

  const NDJSON = "application/x-ndjson";
  const form = document.getElementById("coze-examine");
  if (!form) return;
  const button = form.querySelector("button");
  const list = document.getElementById("coze-steps");
  const heard = document.getElementById("coze-heard");
  const verdict = document.getElementById("coze-verdict");
  const finding = document.getElementById("coze-finding").content.firstElementChild;
  const waiting = document.getElementById("coze-waiting").content;
  let isBusy = false;

  function conclude(text, outcome) {
    verdict.textContent = text;
    verdict.dataset.outcome = outcome;
  }

  function draw(line) {
    const item = finding.cloneNode(true);
    item.dataset.step = line.step;
    item.dataset.outcome = line.outcome;
    item.querySelectorAll("[data-part]").forEach((part) => {
      part.textContent = line[part.dataset.part];
      part.hidden = !part.textContent;
    });
    return item;
  }

  function show(line) {
    const item = draw(line);
    const waits = Array.from(list.querySelectorAll(".coze-waits"));
    const place = waits.find((one) => one.dataset.step === line.step);
    if (place) {
      place.replaceWith(item);
    } else {
      // A step may find several things.
      list.insertBefore(item, waits[0] || null);
    }
    heard.textContent = `${line.title}: ${line.label}. ${line.seen}`;
  }

  /* Yields the lines as they come. */
  async function* readLines(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      yield* lines;
    }
  }

  /* Tells whether there was an examination. */
  async function examine() {
    const response = await fetch(location.pathname, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: NDJSON },
    });
    if (!(response.headers.get("Content-Type") || "").startsWith(NDJSON)) {
      // Logged out, say, or a field that is wrong: the browser shows whatever it is.
      form.submit();
      return false;
    }
    for await (const text of readLines(response.body)) {
      const line = JSON.parse(text);
      if (line.verdict) {
        conclude(line.verdict, line.outcome);
      } else {
        show(line);
      }
    }
    return true;
  }

  async function run() {
    const label = button.textContent;
    button.textContent = form.dataset.busy;
    // Not `disabled`: that would take the focus away.
    button.setAttribute("aria-disabled", "true");
    list.setAttribute("aria-busy", "true");
    list.replaceChildren(waiting.cloneNode(true));
    heard.textContent = "";
    conclude("", "");
    // Where the line is dead, what is there stays.
    const isStaying = await examine().catch(() => true);
    if (isStaying && !verdict.textContent) conclude(form.dataset.cut, "fail");
    list.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    run().finally(() => {
      isBusy = false;
    });
  });
})();
