/* Niceties of “Paste Coze's snippet”. Without this script all of it works too. */
(() => {
  "use strict";

  const told = document.querySelector("#coze-problem, .coze-leak");
  const snippet = document.querySelector("#coze-paste textarea");

  // Said here, since Django answers larger uploads with a bare 400.
  function checkLength() {
    const { most, tooLong } = document.querySelector(".coze-snippet").dataset;
    const isTooLong = new Blob([snippet.value]).size > Number(most);
    snippet.setCustomValidity(isTooLong ? tooLong : "");
  }

  if (told) {
    told.focus();
  } else if (snippet) {
    snippet.focus();
  }
  if (snippet) {
    snippet.addEventListener("input", checkLength);
  }
})();
