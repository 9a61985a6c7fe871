/* A person in front of Firefox: what they do, and what they see. */
const SDK = ".coze-chat-sdk-";
const TIMEOUT = 8000;

/* Runs in the page. Selectors do not look into shadow roots. */
function look() {
  const host = document.querySelector("div[data-coze-widget]");
  const root = host && host.shadowRoot;
  const panel = root && root.querySelector(".panel");
  const launcher = root && root.querySelector(".launcher");
  return {
    launchers: root ? root.querySelectorAll(".launcher").length : 0,
    isOpen: Boolean(panel) && !panel.hasAttribute("data-closed"),
    expanded: launcher && launcher.getAttribute("aria-expanded"),
    isLauncherFocused: Boolean(launcher) && root.activeElement === launcher,
  };
}

export class Visitor {
  static async arrive(context, site, people) {
    const page = await context.newPage();
    page.setDefaultTimeout(TIMEOUT);
    return new Visitor(context, page, site, people);
  }

  constructor(context, page, site, people) {
    Object.assign(this, { context, page, site, people, problems: [] });
    // Firefox counts the page's own icon, which it asks for by itself.
    page.on("pageerror", (error) => {
      if (!/favicon/.test(error)) this.problems.push(String(error));
    });
    page.on("dialog", async (dialog) => {
      this.problems.push(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
  }

  async visit(path = "/") {
    await this.page.goto(this.site + path, { waitUntil: "load" });
  }

  async cookies() {
    const cookies = await this.context.cookies();
    return cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }));
  }

  async logIn(name) {
    await this.logOut();
    await this.context.setCookie({ ...this.people[name], domain: "localhost", path: "/" });
  }

  async logOut() {
    const { name } = Object.values(this.people)[0];
    const cookies = await this.context.cookies();
    await this.context.deleteCookie(...cookies.filter((cookie) => cookie.name === name));
  }

  look() {
    return this.page.evaluate(look);
  }

  get frame() {
    return this.page.frames().find((frame) => frame.url().endsWith("/frame/"));
  }

  /* The chat can be used: the input is there, and nothing of ours lies over it. */
  async waitForChat() {
    await this.waitFor(() => Boolean(this.frame), "no frame");
    await this.frame.waitForSelector(`textarea${SDK}textarea`, { visible: true });
  }

  async waitFor(isSo, sentence) {
    const deadline = Date.now() + TIMEOUT;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error(sentence);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async open() {
    const launcher = await this.page.waitForSelector(">>> .launcher", { visible: true });
    await launcher.click();
    await this.waitForChat();
  }

  /* An open chat is kept for the tab's next page: it is there already, or is opened. */
  async waitForOpening() {
    const launcher = await this.page.waitForSelector(">>> .launcher");
    await this.waitFor(() => this.page.evaluate(() => Boolean(window.CozeWidget)), "no loader");
    if (!(await this.look()).isOpen) await launcher.evaluate((node) => node.click());
    await this.waitForChat();
  }

  async say(text) {
    const { frame } = this;
    await frame.type(`textarea${SDK}textarea`, text);
    await this.page.keyboard.press("Enter");
    await this.waitForWords(`You said: "${text}"`);
  }

  async waitForWords(text) {
    await this.waitFor(async () => (await this.words()).includes(text), `nobody said ${text}`);
  }

  words() {
    return this.frame.$eval(`${SDK}messages`, ({ innerText }) => innerText);
  }

  async close() {
    await (await this.frame.waitForSelector(`${SDK}header-close`)).click();
    await this.waitFor(async () => !(await this.look()).isOpen, "it stays open");
  }
}
