export default {
  extends: "stylelint-config-standard",
  plugins: ["stylelint-no-unsupported-browser-features"],
  rules: {
    "plugin/no-unsupported-browser-features": [
      true,
      {
        // Each of these is ignored where it is unknown, and nothing is lost.
        ignore: ["css-overscroll-behavior", "css-focus-visible", "css-env-function"],
        ignorePartialSupport: true,
      },
    ],
    // Browsers of the floor do not know the newer ways to write these.
    "color-function-notation": "legacy",
    "color-function-alias-notation": null,
    "alpha-value-notation": "number",
    "media-feature-range-notation": "prefix",
    "declaration-block-no-redundant-longhand-properties": [
      true,
      { ignoreShorthands: ["inset", "grid-template"] },
    ],
    "property-no-vendor-prefix": [true, { ignoreProperties: ["text-size-adjust"] }],
    "value-keyword-case": ["lower", { camelCaseSvgKeywords: true }],
    "no-descending-specificity": null,
  },
};
