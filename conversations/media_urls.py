"""Where people see the files of conversations."""

from django.urls import path

from conversations import media_views

urlpatterns = [
    path("<int:media_id>/", media_views.file, name="media"),
    path("<int:media_id>/thumbnail/", media_views.thumbnail, name="media-thumbnail"),
]
