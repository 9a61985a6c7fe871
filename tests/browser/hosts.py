"""Another site, of which Django knows nothing: pages that a test gives it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
  <head><meta charset="utf-8"><title>Host</title></head>
  <body>
    <h1>Host</h1>
    <button type="button" data-coze-open="support">Ask</button>
    {scripts}
  </body>
</html>
"""


def loader(site, *, slug="support", name="loader.js", more="async"):
    return (
        f'<script src="{site}/chat/{name}" {more} data-coze-widget="{slug}"></script>'
    )


class Host:
    """Listens on this machine; a browser takes every name below localhost for it."""

    def __init__(self):
        self.files = {}
        handler = type("HostHandler", (_Handler,), {"files": self.files})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def url(self, name="127.0.0.1"):
        return f"http://{name}:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self._server.shutdown()
        self._server.server_close()

    def show(self, *scripts, lang="en", path="/", headers=None):
        """Put these elements into the page. Ours are files: its policy may be strict."""
        page = PAGE.format(lang=lang, scripts="\n".join(scripts))
        self.files[path] = ("text/html", page, headers or {})

    def script(self, text, *, path="/own.js"):
        self.files[path] = ("text/javascript", text, {})
        return f'<script src="{path}"></script>'


class _Handler(BaseHTTPRequestHandler):
    files: dict

    def do_GET(self):
        kind, text, headers = self.files.get(self.path, ("text/plain", "", {}))
        body = text.encode()
        self.send_response(200 if self.path in self.files else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""
