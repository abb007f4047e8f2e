"""Where providers fetch files that go out."""

from django.urls import path

from channels_app.media_views import out

urlpatterns = [path("<str:signed>/", out, name="media-out")]
