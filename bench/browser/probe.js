/* Put into every measured page before its own scripts. Takes no part in it. */
window.bench = {
  blocking: 0,
  shift: 0,

  watch() {
    const observe = (type, note) =>
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
    observe("longtask", ({ duration }) => {
      this.blocking += Math.max(0, duration - 50);
    });
    observe("layout-shift", ({ value, hadRecentInput }) => {
      if (!hadRecentInput) this.shift += value;
    });
  },

  /* From the next click on: `usable` is when the visitor sees an input to write into. */
  arm() {
    const start = ({ timeStamp }) => {
      this.clicked = performance.timeOrigin + timeStamp;
      const look = () => {
        if (this.isUsable()) this.usable = performance.now() - timeStamp;
        else requestAnimationFrame(look);
      };
      look();
    };
    document.addEventListener("click", start, { capture: true, once: true });
  },

  shells() {
    return Array.from(document.querySelectorAll("[data-coze-widget]"), (host) => host.shadowRoot).filter(Boolean);
  },

  windows() {
    const frames = this.shells().flatMap((root) => Array.from(root.querySelectorAll("iframe")));
    return [window, ...frames.map((frame) => frame.contentWindow)];
  },

  isUsable() {
    const isCovered = this.shells().some((root) => root.querySelector(".panel:not([data-closed]) .cover:not([hidden])"));
    return !isCovered && this.windows().some(({ document: inside }) => {
      const field = inside.querySelector("textarea.coze-chat-sdk-textarea");
      return field && field.getClientRects().length && getComputedStyle(field).visibility === "visible";
    });
  },

  /* When each request of the page and of its frames was made, in ms after the click. */
  requests() {
    return this.windows().flatMap(({ performance: clock }) =>
      clock.getEntriesByType("resource").map(({ name, startTime, responseEnd }) => [
        name,
        clock.timeOrigin + startTime - this.clicked,
        clock.timeOrigin + responseEnd - this.clicked,
      ]),
    );
  },
};
window.bench.watch();
