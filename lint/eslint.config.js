import js from "@eslint/js";
import compat from "eslint-plugin-compat";
import es from "eslint-plugin-es-x";
import globals from "globals";

// The newest syntax that all of Chrome 87, Edge 88, Safari 14 and Firefox 78 read: the
// year is ES2020; of it, class fields and logical assignment came later to one of them.
// Methods are told by their names alone, and an iterator's have the names of an array's.
const restrictions = Object.fromEntries(
  Object.entries(es.configs["flat/restrict-to-es2020"].rules).filter(
    ([name]) => !/no-iterator-prototype-|-prototype-at$/.test(name),
  ),
);

const floor = {
  plugins: { "es-x": es },
  languageOptions: { ecmaVersion: 2020, sourceType: "script" },
  settings: { "es-x": { aggressive: true } },
  rules: restrictions,
};

export default [
  { ...js.configs.recommended, files: ["**/*.js"] },
  {
    files: ["coze_widget/**/*.js", "site_demo/**/*.js", "static/**/*.js"],
    ...floor,
    languageOptions: { ...floor.languageOptions, globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
  {
    files: ["coze_widget/static/**/*.js", "static/**/*.js"],
    ...compat.configs["flat/recommended"],
    settings: {
      // Used only where they exist.
      polyfills: ["navigator.locks", "CSSStyleSheet", "visualViewport"],
    },
    rules: {
      ...compat.configs["flat/recommended"].rules,
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML"].map((property) => ({
          property,
          message: "Refused by Trusted Types: build elements, use textContent.",
        })),
      ],
      "no-restricted-globals": ["error", "alert", "eval"],
      // The islands have a field of that name.
      "no-restricted-syntax": [
        "error",
        { selector: "CallExpression[callee.property.name='at']", message: "New in ES2022." },
      ],
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    // Parts of one script, served as one: names are defined in one file and used in others.
    files: ["coze_widget/sandbox/sdk/**/*.js"],
    rules: { "no-undef": "off", "no-unused-vars": "off" },
  },
];
