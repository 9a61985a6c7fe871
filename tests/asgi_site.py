"""A site in a process of its own, for an ASGI server; its settings come with it."""

from __future__ import annotations

import json
import os

from django.core.asgi import get_asgi_application

from tests.minting import set_up

set_up(json.loads(os.environ["SITE_SETTINGS"]))
application = get_asgi_application()
