(function (sdk) {
  "use strict";

  // Each rule gets a <style> of its own, as the SDK's bundle does it: a page
  // without style-src 'unsafe-inline' is told so more than a hundred times.
  sdk.injectStyles = function () {
    const rules = /* rules of styles.css */ [];
    rules.forEach(function (rule) {
      const style = document.createElement("style");
      style.textContent = rule;
      document.head.appendChild(style);
    });
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
