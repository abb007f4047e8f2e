"""Addresses of access over the API."""

from django.urls import path

from agents import access_api
from agents.token_api import TokenView

urlpatterns = [
    path("token/", TokenView.as_view(), name="api-token"),
    path("sessions/", access_api.SessionsView.as_view(), name="api-sessions"),
    path("tokens/", access_api.TokensView.as_view(), name="api-tokens"),
    path("tokens/<uuid:uuid>/", access_api.TokenDetailView.as_view(), name="api-token-detail"),
    path("users/invite/", access_api.InviteView.as_view(), name="api-users-invite"),
    path("users/password-link/", access_api.PasswordLinkView.as_view(), name="api-users-password-link"),
    path("users/second-factor/", access_api.SecondFactorView.as_view(), name="api-users-second-factor"),
    path("sign-in-policy/", access_api.PolicyView.as_view(), name="api-sign-in-policy"),
]
