#!/bin/sh
# Holds scripts and styles to the browser floor. Needs Node.js 20.19 or newer.
set -eu
cd "$(dirname "$0")"

if ! command -v npm >/dev/null 2>&1; then
  echo "Node.js is needed to check scripts and styles (npm was not found)." >&2
  exit 1
fi

# Installed again only when the lockfile has changed.
if ! cmp -s package-lock.json node_modules/.lockfile; then
  npm ci --silent
  cp package-lock.json node_modules/.lockfile
fi

cd ..
# What the Chat SDK itself supports; both linters read it from here.
export BROWSERSLIST="chrome 87, edge 88, safari 14, firefox 78"
BIN=lint/node_modules/.bin
"$BIN/eslint" --config lint/eslint.config.js --max-warnings 0 \
  --no-error-on-unmatched-pattern coze_widget static site_demo
"$BIN/stylelint" --config lint/stylelint.config.js --max-warnings 0 --allow-empty-input \
  "coze_widget/static/**/*.css" "static/**/*.css"
echo "scripts and styles: nothing to report"
