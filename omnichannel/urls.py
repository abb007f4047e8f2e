"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from omnichannel.health import healthz, readyz

handler404 = "omnichannel.errors.not_found"

urlpatterns = [
    path("hooks/", include("channels_app.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("omnichannel.api")),
    path("desk/", include("conversations.urls")),
    path("media/out/", include("channels_app.media_urls")),
    path("media/", include("conversations.media_urls")),
    path("", include("agents.urls")),
    path("", RedirectView.as_view(pattern_name="desk:home"), name="root"),
]
