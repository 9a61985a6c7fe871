/* What people do in Firefox. Each returns what they saw; the tests judge. */

async function chat(visitor) {
  await visitor.visit();
  const before = await visitor.look();
  await visitor.open();
  const open = await visitor.look();
  await visitor.say("apples");
  await visitor.close();
  const closed = await visitor.look();
  await visitor.open();
  const again = await visitor.words();
  await visitor.close();
  await visitor.visit();
  await visitor.open();
  await visitor.waitForWords("apples");
  return { before, open, closed, again, later: await visitor.words() };
}

async function twoPeople(visitor) {
  await visitor.logIn("alice");
  await visitor.visit();
  await visitor.open();
  await visitor.say("apples for alice");
  await visitor.logIn("bob");
  await visitor.visit();
  await visitor.waitForOpening();
  await visitor.say("bananas for bob");
  return { words: await visitor.words() };
}

async function guest(visitor) {
  await visitor.visit();
  const before = await visitor.cookies();
  await visitor.open();
  await visitor.say("a guest's secret");
  const after = await visitor.cookies();
  await visitor.logIn("alice");
  await visitor.visit();
  await visitor.waitForOpening();
  await visitor.say("apples for alice");
  return { before, after, words: await visitor.words() };
}

/* Runs in the page: the driver loses sight of the frames of a page that comes back. */
function lookInside() {
  const host = document.querySelector("div[data-coze-widget]");
  const frame = host && host.shadowRoot.querySelector("iframe");
  const inside = frame && frame.contentDocument;
  const field = inside && inside.querySelector("textarea.coze-chat-sdk-textarea");
  const isSeen = Boolean(field) && getComputedStyle(field).visibility === "visible";
  if (isSeen) field.focus();
  return {
    words: isSeen ? inside.querySelector(".coze-chat-sdk-messages").innerText : "",
    draft: isSeen ? field.value : null,
  };
}

/* Back to a page with an open chat, while somebody else has logged in. */
async function backAndForward(visitor) {
  const { page } = visitor;
  const arriveAt = (path) =>
    visitor.waitFor(
      () => page.evaluate((one) => location.pathname === one, path).catch(() => false),
      `not at ${path}`,
    );
  await visitor.logIn("alice");
  await visitor.visit();
  await visitor.open();
  await visitor.say("apples for alice");
  await page.evaluate(() => {
    addEventListener("pageshow", ({ persisted }) => {
      window.isKept = persisted;
    });
  });
  await visitor.visit("/zh/");
  await visitor.logIn("bob");
  await page.evaluate(() => history.back());
  await arriveAt("/");
  const isKept = await page.evaluate(() => Boolean(window.isKept));
  const seen = [];
  const isUsable = async () => {
    seen.push(await page.evaluate(lookInside));
    return seen[seen.length - 1].draft !== null;
  };
  await visitor.waitFor(isUsable, "no chat after the way back");
  await page.keyboard.type("bananas for bob");
  await page.keyboard.press("Enter");
  const isAnswered = async () => {
    seen.push(await page.evaluate(lookInside));
    return seen[seen.length - 1].words.includes('You said: "bananas for bob"');
  };
  await visitor.waitFor(isAnswered, "no answer after the way back");
  await page.evaluate(() => history.forward());
  await arriveAt("/zh/");
  return { isKept, words: seen.map(({ words }) => words).join(), ahead: await visitor.look() };
}

async function strict(visitor) {
  await visitor.page.evaluateOnNewDocument(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      // The icon Firefox asks for by itself.
      if (!blockedURI.endsWith("/favicon.ico"))
        window.violations.push(`${violatedDirective} ${blockedURI}`);
    });
  });
  await visitor.visit("/strict/");
  await visitor.open();
  await visitor.say("apples");
  const frames = visitor.page.frames();
  return { violations: await Promise.all(frames.map((one) => one.evaluate(() => violations))) };
}

async function keyboard(visitor) {
  const { page } = visitor;
  await visitor.visit();
  await page.focus("button");
  await page.keyboard.press("Tab");
  const reached = await visitor.look();
  await page.keyboard.press("Enter");
  await visitor.waitForChat();
  const field = "textarea.coze-chat-sdk-textarea";
  await visitor.waitFor(
    () => visitor.frame.$eval(field, (node) => node.ownerDocument.activeElement === node),
    "the input has no focus",
  );
  await page.keyboard.type("typed by hand");
  await page.keyboard.press("Enter");
  await visitor.waitForWords('You said: "typed by hand"');
  await page.keyboard.press("Escape");
  await visitor.waitFor(async () => !(await visitor.look()).isOpen, "it stays open");
  return { reached, left: await visitor.look() };
}

async function destroy(visitor) {
  await visitor.visit();
  const names = () => visitor.page.evaluate(() => Object.keys(window).sort());
  const before = await names();
  await visitor.open();
  await visitor.say("apples");
  await visitor.page.evaluate(() => CozeWidget.destroy("support"));
  const left = await visitor.look();
  const after = await names();
  await visitor.page.evaluate(() => CozeWidget.mount());
  await visitor.open();
  await visitor.waitForWords("apples");
  return { before, left, after };
}

export const SCENARIOS = { chat, twoPeople, guest, backAndForward, strict, keyboard, destroy };
