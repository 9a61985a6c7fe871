/* All that this shop's pages add to the chat's own line: who is there. */
(() => {
  "use strict";

  const buttons = Array.from(document.querySelectorAll("[data-person]"));

  /* The backend signs it, since whatever a page says itself could be anybody's. */
  async function signVisitor() {
    const response = await fetch("/visitor-token", { method: "POST" });
    return response.status === 200 ? response.text() : null;
  }

  function show(person) {
    buttons.forEach((button) => {
      button.setAttribute("aria-pressed", button.dataset.person === person);
    });
  }

  async function become(person) {
    await fetch(`/become/${person}`, { method: "POST" });
    show(person);
    const chat = window.CozeWidget && window.CozeWidget.get(document.body.dataset.slug);
    if (chat) chat.identify();
  }

  document.addEventListener("coze:visitor", (event) => {
    event.detail.respondWith(signVisitor());
  });
  buttons.forEach((button) => {
    button.addEventListener("click", () => become(button.dataset.person));
  });
  fetch("/me")
    .then((response) => response.json())
    .then(({ person }) => show(person));
})();
