"""Addresses of logging in and of one's own account."""

from django.contrib.auth import views as auth_views
from django.urls import path, re_path

from agents import account_views, sign_in_views, welcome_views

SECURITY = "account/security/"

urlpatterns = [
    path("login/", sign_in_views.SignInView.as_view(), name="login"),
    path("login/code/", sign_in_views.code, name="login-code"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path(SECURITY, account_views.security, name="account-security"),
    path(f"{SECURITY}two-factor/", account_views.set_up, name="account-two-factor"),
    path(f"{SECURITY}two-factor/off/", account_views.switch_off, name="account-two-factor-off"),
    path(f"{SECURITY}recovery-codes/", account_views.new_codes, name="account-recovery-codes"),
    path(f"{SECURITY}log-ins/end-others/", account_views.end_others, name="account-end-others"),
    re_path(
        rf"^{SECURITY}log-ins/(?P<log_in_id>[0-9a-f]{{64}})/end/$",
        account_views.end_log_in,
        name="account-end-log-in",
    ),
    path(f"{SECURITY}tokens/<uuid:uuid>/revoke/", account_views.revoke_token, name="account-revoke-token"),
    re_path(r"^welcome/(?P<token>[A-Za-z0-9_-]{43})/$", welcome_views.welcome, name="welcome"),
    path("account/password/", account_views.PasswordView.as_view(), name="account-password"),
]
