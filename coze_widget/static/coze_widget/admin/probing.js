/* “Test” in the admin, without leaving the page. Without this script it works, too: the
   answer is a message on the page that comes next. */
(() => {
  "use strict";

  // Longer than Coze is waited for by default; the server's answer comes sooner.
  const TIMEOUT_MS = 60000;
  const ADVISE_AFTER_MS = 800;
  const WIDEST_PX = 760;
  const MARGINS_PX = 16;

  function element(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  async function ask(url, form) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        signal: giveUp.signal,
      });
      return response.ok && !response.redirected ? await response.json() : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  function draw({ works, text, rest }) {
    const box = element("div", "coze-finding", "");
    box.dataset.works = works;
    box.append(element("strong", "", text));
    rest.forEach((sentence) => box.append(element("span", "", sentence)));
    return box;
  }

  /* Screen readers hear what comes into a region that was there before. */
  function makeRegion() {
    const region = element("div", "coze-findings", "");
    region.setAttribute("role", "status");
    return region;
  }

  function showBelow(row, box) {
    const next = row.nextElementSibling;
    if (next && next.classList.contains("coze-finding-row")) next.remove();
    const below = element("tr", "coze-finding-row", "");
    const cell = element("td", "", "");
    cell.colSpan = row.cells.length;
    cell.append(box);
    below.append(cell);
    row.after(below);
    const sight = row.closest("table").parentElement.clientWidth;
    box.style.maxWidth = `${Math.min(sight - MARGINS_PX, WIDEST_PX)}px`;
  }

  function say(region, answer) {
    region.textContent = [answer.headline, answer.text, ...answer.rest].join(" ");
  }

  function nameBot(row, name) {
    const cell = row.querySelector(".field-bot_name");
    if (cell && name) cell.textContent = name;
  }

  async function test(button, form, show) {
    if (button.dataset.label) return;
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busy;
    // Not `disabled`: that would take the focus away.
    button.setAttribute("aria-disabled", "true");
    // Without the attribute, `formAction` would be the page's own address.
    const url = button.getAttribute("formaction") || form.action;
    const answer = await ask(url, form);
    button.textContent = button.dataset.label;
    delete button.dataset.label;
    button.removeAttribute("aria-disabled");
    if (answer) {
      show(answer);
    } else {
      // Logged out, say, or an error page: the browser shows whatever it is.
      isLeaving = true;
      form.action = url;
      form.submit();
    }
  }

  let isLeaving = false;

  function listen(button, show) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      if (!isLeaving) test(button, button.form, show);
    });
  }

  function furnishList(table) {
    const region = makeRegion();
    region.classList.add("visually-hidden");
    table.before(region);
    table.querySelectorAll(".coze-test").forEach((button) => {
      const row = button.closest("tr");
      listen(button, (answer) => {
        showBelow(row, draw(answer));
        nameBot(row, answer.bot_name);
        say(region, answer);
      });
    });
  }

  function furnishForm(button) {
    const region = makeRegion();
    const tools = button.closest(".object-tools");
    const main = document.getElementById("content-main");
    // Django 5.2 has the tools within, and draws them up beside the title.
    if (main.contains(tools)) {
      tools.after(region);
    } else {
      main.before(region);
    }
    listen(button, (answer) => region.replaceChildren(draw(answer)));
  }

  // Advice while one types

  function makeList(sentences) {
    const list = element("ul", "coze-advice", "");
    list.append(...sentences.map((sentence) => element("li", "", sentence)));
    return list;
  }

  async function fetchAdvice(form, url, signal) {
    const values = new FormData(form);
    // Neither files nor secrets: those of the visitor keys are for a save.
    form
      .querySelectorAll("input[type=file], [name^=visitor_keys-]")
      .forEach((input) => values.delete(input.name));
    try {
      const response = await fetch(url, {
        method: "POST",
        body: new URLSearchParams(values),
        signal,
      });
      return response.ok && !response.redirected ? (await response.json()).advice : null;
    } catch {
      return null; // the next change asks again
    }
  }

  function advise(form) {
    const place = form.querySelector(".submit-row:last-of-type");
    if (!place) return;
    const url = new URL(/\/add\/$/.test(location.pathname) ? "advice/" : "../advice/", location);
    const region = element("div", "coze-advice-live", "");
    region.setAttribute("role", "status");
    place.before(region);
    let timer;
    let earlier = new AbortController();
    const renew = async () => {
      earlier.abort();
      earlier = new AbortController();
      const sentences = await fetchAdvice(form, url.pathname, earlier.signal);
      if (!sentences || sentences.join() === region.dataset.said) return;
      region.dataset.said = sentences.join();
      region.replaceChildren(makeList(sentences));
      // What stood there is about the values that are saved.
      form.querySelectorAll(".coze-status + .coze-advice").forEach((list) => list.remove());
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(renew, ADVISE_AFTER_MS);
    };
    form.addEventListener("input", wait);
    form.addEventListener("change", wait);
  }

  const form = document.getElementById("widget_form");
  if (form) advise(form);
  const table = document.getElementById("result_list");
  if (table) furnishList(table);
  document.querySelectorAll(".object-tools .coze-test").forEach(furnishForm);
})();
