(function (sdk) {
  "use strict";

  // 4101 is a missing permission, and yet it is met with a new token. 403 is not.
  const AUTH_CODES = [401, 4100, 4101, 700012006];
  const CLIENT = { lang: "js", version: "sandbox" };

  // The API is where the SDK came from: one sandbox serves both.
  const origin = new URL(document.currentScript.src).origin;

  function ApiError(code, message) {
    this.code = code;
    this.message = message;
  }

  // Keeps the token of one mounted chat. What onRefreshToken gives stays in
  // here: options.auth.token is read when a chat is mounted, never written.
  sdk.Api = function (auth, lang) {
    this.token = auth.token;
    this.onRefreshToken = auth.onRefreshToken;
    this.language = lang === "zh-CN" ? "zh" : "en";
    this.generation = 0;
    this.inFlight = null;
  };

  sdk.Api.prototype.get = function (path, query) {
    return this.call("GET", path, { query: query });
  };

  sdk.Api.prototype.post = function (path, body, query) {
    return this.call("POST", path, { query: query, body: body });
  };

  sdk.Api.prototype.upload = function (path, file, name) {
    const form = new FormData();
    form.append("file", file, name);
    return this.call("POST", path, { form: form });
  };

  // The whole answer, since history has fields beside `data`. Refused twice, it
  // asks for a second token too, and gives up.
  sdk.Api.prototype.call = async function (method, path, parts) {
    const generation = this.generation;
    const first = await this.attempt(method, path, parts, generation);
    const answer = first || (await this.attempt(method, path, parts, generation + 1));
    if (answer) {
      return answer;
    }
    throw this.refusal;
  };

  // Null when there is a new token since. `generation` is the one that is asked
  // to end, so that requests which failed together cause one refresh.
  sdk.Api.prototype.attempt = async function (method, path, parts, generation) {
    const response = await this.fetch(method, path, parts);
    const error = await sdk.readError(response);
    if (!error) {
      return response.json();
    }
    if (!isAuthError(error)) {
      throw error;
    }
    this.refusal = error;
    await this.refresh(generation);
    return null;
  };

  sdk.Api.prototype.fetch = function (method, path, parts) {
    const headers = {
      Authorization: "Bearer " + this.token,
      "Accept-Language": this.language,
      "X-Coze-Client-User-Agent": JSON.stringify(CLIENT),
    };
    if (parts.body) {
      headers["Content-Type"] = "application/json";
    }
    return fetch(origin + path + formatQuery(parts.query), {
      method: method,
      headers: headers,
      body: parts.form || (parts.body && JSON.stringify(parts.body)),
      credentials: "omit",
      signal: parts.signal,
    });
  };

  // Once for all requests that failed with the same token. The promise of a
  // rejected refresh is never cleared: every later one fails until reload.
  sdk.Api.prototype.refresh = function (generation) {
    if (generation !== this.generation) {
      return Promise.resolve();
    }
    if (!this.inFlight) {
      this.inFlight = this.askForToken();
    }
    return this.inFlight;
  };

  sdk.Api.prototype.askForToken = async function () {
    const onRefreshToken = this.onRefreshToken;
    this.token = await onRefreshToken(this.token);
    this.generation += 1;
    this.inFlight = null;
  };

  // Null for a good answer. Its body is read from a copy.
  sdk.readError = async function (response) {
    const type = response.headers.get("Content-Type") || "";
    if (response.ok && type.indexOf("text/event-stream") === 0) {
      return null;
    }
    const answer = await response.clone().json().catch(function () {
      return null;
    });
    if (answer && typeof answer.code === "number") {
      return answer.code === 0 ? null : new ApiError(answer.code, answer.msg);
    }
    return new ApiError(response.status, "");
  };

  sdk.isAuthError = isAuthError;

  function isAuthError(error) {
    return AUTH_CODES.indexOf(error.code) !== -1;
  }

  function formatQuery(query) {
    const text = new URLSearchParams(query || {}).toString();
    return text && "?" + text;
  }

  // Anybody may listen, as with the real one: the target is *.
  sdk.reportError = function (type, error) {
    const data = { type: type, code: error.code, message: error.message };
    window.parent.postMessage({ type: "chat-sdk-error", data: data }, "*");
  };
})((window.CozeWebSDKmain = window.CozeWebSDKmain || {}));
