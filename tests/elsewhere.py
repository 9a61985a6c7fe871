"""A PostgreSQL database for the rows, which a test can make unreachable."""

from __future__ import annotations

import contextlib
import uuid

import psycopg
import pytest
from django.contrib.sites.models import Site
from django.db import connections

from coze_widget.models import Widget
from tests.services import postgresql_url

ALIAS = "elsewhere"


class Router:
    def db_for_read(self, model, **hints):
        return ALIAS if model in (Site, Widget) else None

    db_for_write = db_for_read


class Elsewhere:
    """The database; its clients are this process's, and one that stands above it all."""

    def __init__(self):
        self._admin = psycopg.connect(postgresql_url(), autocommit=True)
        self.name = f"coze_widget_{uuid.uuid4().hex}"

    @contextlib.contextmanager
    def running(self):
        self._admin.execute(f'CREATE DATABASE "{self.name}"')
        info = self._admin.info
        fields = {"NAME": self.name, "HOST": info.host, "PORT": info.port}
        connections.databases[ALIAS] = {
            **connections.databases["default"],
            **{"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}},
            **fields,
            "USER": info.user,
            "PASSWORD": info.password,
        }
        try:
            with connections[ALIAS].schema_editor() as editor:
                editor.create_model(Site)
                editor.create_model(Widget)
            yield self
        finally:
            connections[ALIAS].close()
            del connections[ALIAS], connections.databases[ALIAS]
            self._admin.execute(f'DROP DATABASE "{self.name}" WITH (FORCE)')
            self._admin.close()

    def stop(self):
        self._admin.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
        self.hang_up()

    def start(self):
        self._admin.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true')

    def hang_up(self):
        """Close everybody's connection, as a database does that is started anew."""
        self._admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = %s",
            [self.name],
        )


@pytest.fixture
def elsewhere(settings, django_db_blocker):
    """Where sites and widgets are."""
    database = Elsewhere()
    # Without the fixture `db`, which knows the databases of the settings only.
    with django_db_blocker.unblock(), database.running():
        settings.DATABASE_ROUTERS = [f"{__name__}.Router"]
        yield database
