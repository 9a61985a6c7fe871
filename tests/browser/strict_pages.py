"""Pages that send whatever headers a test wants."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path

from site_demo import reports
from tests.browser.site import NONCE, render


def view_of(tag):
    def show(request):
        headers = settings.PAGE_HEADERS
        if any(NONCE in value for value in headers.values()):
            request.csp_nonce = NONCE
        return HttpResponse(render(request, tag), headers=headers)

    return show


urlpatterns = [
    path("chat/", include("coze_widget.urls")),
    path("frame/", view_of('{% coze_widget "support" %}')),
    path("panel/", view_of('{% coze_panel "support" %}')),
    path("bare/", view_of("")),
    path("inline/", view_of('{% coze_widget "support" inline=True %}')),
    path("reports/new/", reports.report),
    # Which browsers ask for by themselves.
    path("favicon.ico", lambda request: HttpResponse(status=204)),
]
