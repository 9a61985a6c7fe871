(function () {
  "use strict";

  // Holds nothing: that it has to be loaded at all is what it stands for.
  window.webpackChunkCozeWebSDK.push("send");
})();
