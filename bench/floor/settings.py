"""The floor: Django as it comes, with the same database settings as ours."""

import environ

from omnichannel.settings import DATABASES, DEFAULT_AUTO_FIELD  # noqa: F401

env = environ.Env()
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_q",
    "bench.floor",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bench.floor.urls"
USE_TZ = True
# Its line per task would be counted against it.
Q_CLUSTER = {"name": "floor", "orm": "default", "timeout": 30, "retry": 60, "log_level": "ERROR"}
BENCH_URL = env.str("BENCH_URL")
BENCH_TOKEN = env.str("BENCH_TOKEN")
