"""Addresses of logging in and of one's own account."""

from django.contrib.auth import views as auth_views
from django.urls import path

from agents.sign_in_views import SignInView

urlpatterns = [
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
]
