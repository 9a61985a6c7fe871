(function (sdk) {
  "use strict";

  // Server-sent events of a fetch response; EventSource knows no POST.
  sdk.readEvents = async function (response, onEvent) {
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const chunk = await reader.read();
      if (chunk.done) {
        return;
      }
      const blocks = (rest + decoder.decode(chunk.value, { stream: true })).split("\n\n");
      rest = blocks.pop();
      blocks.forEach(function (block) {
        onEvent(readField(block, "event"), JSON.parse(readField(block, "data")));
      });
    }
  };

  function readField(block, name) {
    const line = block.split("\n").find(function (text) {
      return text.indexOf(name + ":") === 0;
    });
    return line.slice(name.length + 1);
  }

  // The part of the bundle that is fetched when the first message is sent. The
  // plain assignment to `src` is what Trusted Types refuse.
  let chunk = null;
  const base = document.currentScript.src.replace(/[^/]*$/, "");

  sdk.loadSendChunk = function () {
    if (window.webpackChunkCozeWebSDK.length) {
      return Promise.resolve();
    }
    chunk = chunk || new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.onload = resolve;
      script.onerror = reject;
      script.src = base + "send.chunk.js";
      document.head.appendChild(script);
    }).catch(function (error) {
      chunk = null;
      throw error;
    });
    return chunk;
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
