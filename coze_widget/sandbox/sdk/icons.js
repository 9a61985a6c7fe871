(function (sdk) {
  "use strict";

  const NAMESPACE = "http://www.w3.org/2000/svg";

  // Strokes on a grid of 24.
  const PATHS = {
    close: ["M6 6l12 12", "M18 6L6 18"],
    send: ["M12 19V5", "M5.5 11.5L12 5l6.5 6.5"],
    attach: [
      "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8",
    ],
    mic: [
      "M12 4a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3z",
      "M5.5 11.5a6.5 6.5 0 0 0 13 0",
      "M12 18v3",
    ],
    broom: ["M14 4l-2.5 7", "M7 11h9l2 9H5z", "M9.5 16v4", "M14 16v4"],
    plus: ["M12 8v8", "M8 12h8", "M12 3.5a8.5 8.5 0 1 1-7.4 4.3L4 4l4 .6"],
    list: ["M4 6h16", "M4 12h16", "M4 18h10"],
    more: ["M5 12h.01", "M12 12h.01", "M19 12h.01"],
    like: [
      "M7 11v9H4.5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z",
      "M7 11l4-7.5a2 2 0 0 1 2.5 2.2L13 9.5h5.5a2 2 0 0 1 2 2.4l-1.3 6.5a2 2 0 0 1-2 1.6H7",
    ],
    quote: ["M9 7H5v5h4v1a4 4 0 0 1-3 4", "M19 7h-4v5h4v1a4 4 0 0 1-3 4"],
    tool: [
      "M14.5 6.5a4 4 0 0 0-5 5L4 17v3h3l5.5-5.5a4 4 0 0 0 5-5L15 12l-3-3z",
    ],
    file: ["M6 3.5h8l4.5 4.5v12.5H6z", "M14 3.5V8h4.5"],
    pencil: ["M4 20h4L19 9l-4-4L4 16z"],
    bin: ["M5 7h14", "M10 7V4h4v3", "M7 7l1 13h8l1-13"],
    alert: ["M12 7v6", "M12 16.5h.01"],
    chat: ["M4 5h16v11H9l-5 4z", "M8.5 10.5h.01", "M12 10.5h.01", "M15.5 10.5h.01"],
  };

  sdk.icon = function (name, names) {
    const svg = document.createElementNS(NAMESPACE, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", sdk.classNames("icon " + (names || "")));
    PATHS[name].forEach(function (data) {
      const path = document.createElementNS(NAMESPACE, "path");
      path.setAttribute("d", data);
      svg.appendChild(path);
    });
    return svg;
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
