/* Shows what a key's algorithm needs. Without this script all of it is shown. */
(() => {
  "use strict";

  const NEEDED = {
    HS256: ["secret"],
    RS256: ["public_key", "jwks_url"],
    ES256: ["public_key", "jwks_url"],
  };
  const ALGORITHM = 'select[name$="-algorithm"]';

  function showNeeded(box) {
    const select = box.querySelector(ALGORITHM);
    if (!select) return;
    // Algorithm and secret stay what they are: nothing can be entered any more.
    const needed = NEEDED[select.value].filter((name) => name !== "secret" || !select.disabled);
    for (const name of new Set(Object.values(NEEDED).flat())) {
      const row = box.querySelector(`.form-row.field-${name}`);
      if (row) {
        const holdsError = row.querySelector(".errorlist") !== null;
        row.hidden = !needed.includes(name) && !holdsError;
      }
    }
  }

  const group = document.getElementById("visitor_keys-group");
  if (!group) return;
  group.querySelectorAll(".inline-related").forEach(showNeeded);
  group.addEventListener("change", ({ target }) => {
    if (target.matches(ALGORITHM)) showNeeded(target.closest(".inline-related"));
  });
  document.addEventListener("formset:added", ({ target }) => {
    if (group.contains(target)) showNeeded(target);
  });
})();
