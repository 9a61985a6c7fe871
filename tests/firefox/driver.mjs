/* Firefox, driven over WebDriver BiDi. Reads a line of JSON for each scenario,
   {"scenario", "site", "people": {name: cookie}}, and writes a line with what was seen. */
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { SCENARIOS } from "./scenarios.mjs";
import { Visitor } from "./visitor.mjs";

const [, , executablePath, nodeModules] = process.argv;
const require = createRequire(pathToFileURL(`${nodeModules}/`));
const { launch } = (await import(pathToFileURL(require.resolve("puppeteer-core")))).default;

// Nothing may go out; the site and the sandbox are on localhost, which needs no DNS.
const PREFERENCES = {
  "network.dns.disabled": true,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "services.settings.server": "http://localhost:9/",
};

async function play(browser, { scenario, site, people }) {
  const context = await browser.createBrowserContext();
  try {
    const visitor = await Visitor.arrive(context, site, people);
    const seen = await SCENARIOS[scenario](visitor);
    return { seen, problems: visitor.problems };
  } catch (error) {
    return { problems: [String(error.stack || error)] };
  } finally {
    await context.close();
  }
}

const browser = await launch({
  browser: "firefox",
  executablePath,
  headless: true,
  extraPrefsFirefox: PREFERENCES,
});
try {
  for await (const line of createInterface({ input: process.stdin }))
    console.log(JSON.stringify(await play(browser, JSON.parse(line))));
} finally {
  await browser.close();
}
