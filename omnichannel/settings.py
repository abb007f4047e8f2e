"""All settings, in one file, from the environment alone. A wrong value refuses to start."""

import hashlib
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from omnichannel.lib import environment
from omnichannel.lib.doorbells import EVERY_LANE, Doorbell

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- what this process is -------------------------------------------------------------------------

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = environment.strict_bool("DEBUG", env.str("DEBUG", default="false"))
# Demo mode: plain http to a simulator on this machine, demo users may log in, secrets are kept in VAR_DIR.
DEMO = environment.strict_bool("DEMO", env.str("DEMO", default="false"))
# Where the demo's simulator plays Twilio; `manage.py demo` sets it.
SIMULATOR_URL = env.str("SIMULATOR_URL", default="") if DEMO else ""

if (DEBUG or DEMO) and not (env.str("SECRET_KEY", default="") and env.str("FIELD_KEYS", default="")):
    _kept = environment.kept_secrets(VAR_DIR / "secrets.json")
else:
    _kept = {}
SECRET_KEY = env.str("SECRET_KEY", default=_kept.get("SECRET_KEY", ""))
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set (in a demo, DEMO=true makes and keeps one).")
FIELD_KEYS = environment.fernet_keys(
    "FIELD_KEYS", env.list("FIELD_KEYS", default=[k for k in [_kept.get("FIELD_KEYS", "")] if k])
)

# --- addresses ------------------------------------------------------------------------------------

# The address under which providers and people reach this installation; webhook signatures cover it.
PUBLIC_BASE_URL = environment.base_url(
    "PUBLIC_BASE_URL",
    env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000"),
    allow_http=DEBUG or DEMO,
)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=[urlsplit(PUBLIC_BASE_URL).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"],
)
IS_HTTPS = PUBLIC_BASE_URL.startswith("https://")
# Only behind a proxy that sets (and strips from outside) X-Forwarded-Proto, and appends to X-Forwarded-For.
TRUST_PROXY = environment.strict_bool("TRUST_PROXY", env.str("TRUST_PROXY", default="false"))
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many of them there are, each appending one entry.
PROXY_COUNT = environment.positive_int("PROXY_COUNT", env.str("PROXY_COUNT", default="1"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^hooks/"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SESSION_COOKIE_NAME = "omnichannel_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "agents.sessions"
# Logged out after so long without a request, and at the latest after LONGEST_LOG_IN.
SESSION_COOKIE_AGE = 3600 * environment.positive_int(
    "LOG_IN_IDLE_HOURS", env.str("LOG_IN_IDLE_HOURS", default="12")
)
LONGEST_LOG_IN = timedelta(
    days=environment.positive_int("LOG_IN_LONGEST_DAYS", env.str("LOG_IN_LONGEST_DAYS", default="14"))
)
CSRF_TRUSTED_ORIGINS = [environment.origin(PUBLIC_BASE_URL)]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Where pages of the desk hear that something changed (omnichannel.nudges); without it they ask by the clock.
NUDGES_URL = env.str("NUDGES_URL", default="")
if NUDGES_URL:
    NUDGES_URL = environment.base_url("NUDGES_URL", NUDGES_URL, allow_http=DEBUG or DEMO) + "/"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "style-src": [SELF],
        "connect-src": [SELF, *([environment.origin(NUDGES_URL)] if NUDGES_URL else [])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- applications ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "omnichannel.apps.AdministrationConfig",  # before django.contrib.admin: our site, our templates
    "django.contrib.auth",
    # Before django_q: our qcluster command supervises its own. After auth: roles follow permissions.
    "omnichannel.apps.OmnichannelConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "knox",
    "axes",
    "drf_spectacular",
    "django_q",
    "auditlog",
    "agents",
    "contacts",
    "routing",
    "channels_app",
    "conversations",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "agents.middleware.LogInMiddleware",
    "agents.middleware.UserTimeZoneMiddleware",
    "omnichannel.lib.audit.AuditMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it only answers log-ins that were refused unheard
]
ROOT_URLCONF = "omnichannel.urls"
WSGI_APPLICATION = "omnichannel.wsgi.application"
# Widgets are drawn by our templates where they lie in templates/ (dates with their zone).
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "omnichannel.context.site",
            ]
        },
    }
]

# --- database -------------------------------------------------------------------------------------

DATABASE_URL = environment.one_of_schemes(
    "DATABASE_URL",
    env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'omnichannel.sqlite3'}"),
    ["sqlite", "postgres", "postgresql", "pgsql"],
)
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if IS_SQLITE:
    # WAL: readers never wait for the writer. FULL: a text that was answered with 200 survives a power cut.
    # IMMEDIATE: a transaction that reads and then writes cannot be refused halfway.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    Path(str(DATABASES["default"]["NAME"])).parent.mkdir(parents=True, exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the queue ------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    environment.one_of_schemes("REDIS_URL", REDIS_URL, ["redis", "rediss", "unix"])
# Three lanes: what customers and agents wait for, and what waits for providers.
# And what may take minutes: imports, erasures.
DESK_LANE, SENDING_LANE, BACKGROUND_LANE = "desk", "sending", "background"
LANES = [DESK_LANE, SENDING_LANE, BACKGROUND_LANE]
TASK_TIMEOUT_S = environment.positive_int("TASK_TIMEOUT_S", env.str("TASK_TIMEOUT_S", default="60"))
TASK_RETRY_S = TASK_TIMEOUT_S + 60  # > timeout + queue_limit x mean task time / workers
Q_CLUSTER = {
    "name": DESK_LANE,
    "ALT_CLUSTERS": {
        SENDING_LANE: {
            "workers": environment.positive_int("SENDING_WORKERS", env.str("SENDING_WORKERS", default="2"))
        },
        # Two: customers' pictures need not wait for an import.
        BACKGROUND_LANE: {
            "workers": environment.positive_int(
                "BACKGROUND_WORKERS", env.str("BACKGROUND_WORKERS", default="2")
            )
        },
    },
    "orm": "default",
    "broker_class": "omnichannel.lib.queue.DoorbellBroker",
    "workers": environment.positive_int("DESK_WORKERS", env.str("DESK_WORKERS", default="2")),
    "timeout": TASK_TIMEOUT_S,
    "retry": TASK_RETRY_S,
    "max_attempts": 1,  # retries are on our rows, with back-off
    "ack_failures": True,
    "save_limit": -1,  # successes are not kept: our rows are the record
    "queue_limit": 4,
    "recycle": 5000,
    "catch_up": False,
    "label": "Task queue",
}
# Who answers which bell (see docs/architecture.md). Proved importable by check omnichannel.E001.
DOORBELLS = {
    "webhook.received": Doorbell(task="conversations.tasks.take_receipts", lane=DESK_LANE, every_s=1),
    "delivery.changed": Doorbell(task="conversations.tasks.show_deliveries", lane=DESK_LANE, every_s=1),
    "conversation.sweep": Doorbell(task="conversations.tasks.close_idle", lane=DESK_LANE, every_s=60),
    "viewing.sweep": Doorbell(task="conversations.tasks.forget_viewings", lane=DESK_LANE, every_s=60),
    "delivery.due": Doorbell(task="channels_app.tasks.send_due", lane=SENDING_LANE, every_s=1),
    "media.due": Doorbell(task="channels_app.tasks.fetch_media", lane=BACKGROUND_LANE, every_s=2),
    "media.changed": Doorbell(task="conversations.tasks.show_media", lane=DESK_LANE, every_s=1),
    "media.sweep": Doorbell(task="channels_app.tasks.sweep_media", lane=BACKGROUND_LANE, every_s=3600),
    "delivery.doubtful": Doorbell(task="channels_app.tasks.settle_doubtful", lane=SENDING_LANE, every_s=15),
    "texts.missed": Doorbell(task="channels_app.tasks.fetch_missed", lane=SENDING_LANE, every_s=60),
    "templates.sync": Doorbell(task="channels_app.tasks.sync_templates", lane=SENDING_LANE, every_s=60),
    "records.old": Doorbell(task="channels_app.tasks.remove_old", lane=SENDING_LANE, every_s=3600),
    "health.watch": Doorbell(task="channels_app.tasks.watch_health", lane=DESK_LANE, every_s=60),
    "sign_in.sweep": Doorbell(task="agents.tasks.sweep", lane=DESK_LANE, every_s=3600),
    "import.due": Doorbell(task="contacts.tasks.import_due", lane=BACKGROUND_LANE, every_s=2),
    "erasure.due": Doorbell(task="contacts.tasks.erase_due", lane=BACKGROUND_LANE, every_s=5),
    "contacts.forget": Doorbell(task="contacts.tasks.forget_old", lane=BACKGROUND_LANE, every_s=3600),
    "audit.sweep": Doorbell(task="omnichannel.tasks.sweep_audit_log", lane=BACKGROUND_LANE, every_s=3600),
    "url.sweep": Doorbell(task="channels_app.tasks.retire_silent_urls", lane=BACKGROUND_LANE, every_s=3600),
    "worker.beat": Doorbell(task="omnichannel.tasks.beat", lane=EVERY_LANE, every_s=5),
}
# Fetch missed messages looks at the texts of so many days.
FETCH_MISSED_DAYS = environment.positive_int("FETCH_MISSED_DAYS", env.str("FETCH_MISSED_DAYS", default="3"))
# Finished webhooks (and refusals), and our calls to providers, are kept so many days.
KEEP_RECEIPTS_DAYS = environment.positive_int(
    "KEEP_RECEIPTS_DAYS", env.str("KEEP_RECEIPTS_DAYS", default="90")
)
KEEP_CALLS_DAYS = environment.positive_int("KEEP_CALLS_DAYS", env.str("KEEP_CALLS_DAYS", default="30"))
# Called between two pieces of work of a long task, so that a busy worker is not taken for a dead one.
WORKER_BEAT = "omnichannel.tasks.beat"
# A lane whose workers have shown no life for so long is killed and started again.
FROZEN_AFTER_S = environment.positive_int("FROZEN_AFTER_S", env.str("FROZEN_AFTER_S", default="40"))
# A text in doubt is first looked for after so many seconds; only after the second number (and a second look)
# does "not there" mean that it was never accepted: a provider's list may lag behind.
DOUBT_FIRST_SEARCH_S = environment.positive_int(
    "DOUBT_FIRST_SEARCH_S", env.str("DOUBT_FIRST_SEARCH_S", default="20")
)
DOUBT_SURELY_NOT_S = environment.positive_int(
    "DOUBT_SURELY_NOT_S", env.str("DOUBT_SURELY_NOT_S", default="120")
)
# Keeps two installations that share one Redis or one machine from ringing each other's bells.
DOORBELL_SCOPE = hashlib.sha256(str(DATABASES["default"]["NAME"]).encode()).hexdigest()[:12]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- pictures and files ---------------------------------------------------------------------------

# No file is larger, in or out, whatever its channel would carry; each channel has limits of its own below.
MEDIA_LARGEST_MB = environment.positive_int("MEDIA_LARGEST_MB", env.str("MEDIA_LARGEST_MB", default="5"))

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "agents.User"
# The first refuses whoever failed too often, before a password is hashed (see agents.throttle).
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "agents.backends.UserBackend"]
AXES_HANDLER = "agents.throttle.Handler"
AXES_LOCKOUT_CALLABLE = "agents.throttle.refusal"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = AXES_VERBOSE = AXES_ENABLE_ADMIN = False
# Failed log-ins: with one username from one address, with one username, from one address.
SIGN_IN_TRIES, SIGN_IN_TRIES_PER_USER, SIGN_IN_TRIES_PER_ADDRESS = 10, 50, 100
SIGN_IN_COOL_OFF = timedelta(minutes=15)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk:home"
LOGOUT_REDIRECT_URL = "login"
# smtp+tls://user:password@host:587 and the like; without it, links are only shown to be passed on.
EMAIL_URL = env.str("EMAIL_URL", default="")
CAN_E_MAIL = bool(EMAIL_URL)
if EMAIL_URL:
    globals().update(environ.Env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default=f"omnichannel@{urlsplit(PUBLIC_BASE_URL).hostname}")
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["omnichannel.formats"]
# Numbers written in national form (a contact's mobile phone) are read as numbers of this region.
DEFAULT_PHONE_REGION = env.str("DEFAULT_PHONE_REGION", default="US")

# --- the audit log --------------------------------------------------------------------------------

# django-auditlog's rows in a table of ours, with the indexes of our lists; its own is never made.
# Nor is knox's: our tokens have a table of ours, and one that nobody knows could not be emptied in tests.
AUDITLOG_LOGENTRY_MODEL = "omnichannel.AuditEntry"
MIGRATION_MODULES = {"auditlog": None, "knox": None}
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
AUDITLOG_MASK_CALLABLE = "omnichannel.lib.audit.hide"
AUDIT_KEPT_DAYS = environment.positive_int("AUDIT_KEPT_DAYS", env.str("AUDIT_KEPT_DAYS", default="365"))

# What each room keeps of customers and how it is forgotten (omnichannel/lib/personal.py), in this order.
# Proved complete by check omnichannel.W002.
PERSONAL_DATA = [
    "conversations.personal",
    "channels_app.personal",
    "omnichannel.personal",
    "contacts.personal",  # last: the others find their rows by contact and address
]
# What an import's file said of people is deleted so many days after it ended.
IMPORT_KEPT_DAYS = environment.positive_int("IMPORT_KEPT_DAYS", env.str("IMPORT_KEPT_DAYS", default="30"))

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agents.tokens.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["omnichannel.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["omnichannel.parsers.StrictJsonParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_PAGINATION_CLASS": "omnichannel.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "omnichannel.errors.api_exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "PAGE_SIZE": 50,
}
KNOX_TOKEN_MODEL = "agents.ApiToken"  # noqa: S105
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "AUTH_HEADER_PREFIX": "Token"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Omnichannel API",
    "DESCRIPTION": "Configuration and conversations of an Omnichannel installation.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "omnichannel.schema.document_refusals",
    ],
    # Four records have a state of their own; each gets its name in the schema.
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "agents.roles.ROLE_CHOICES",
        "ProviderEnum": "channels_app.providers.provider_choices",
        "WhatsAppProviderEnum": "channels_app.whatsapp.provider_choices",
        "ConversationStateEnum": "conversations.models.State",
        "ReceiptStateEnum": "channels_app.models_receipts.WebhookReceipt.State",
        "DeliveryStateEnum": "channels_app.models_deliveries.Delivery.State",
        "MediaStateEnum": "channels_app.models_media.Media.State",
    },
}

# --- static files and logs ------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "omnichannel" / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "media": environment.media_storage(
        "MEDIA_STORAGE", env.str("MEDIA_STORAGE", default=""), folder=VAR_DIR / "media"
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DEFAULT_EXCEPTION_REPORTER_FILTER = "omnichannel.lib.error_reports.NoSecrets"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"without_secret_paths": {"()": "omnichannel.lib.logs.WithoutSecretPaths"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO").upper()},
    "loggers": {
        # They name the address of each request that went wrong, and each request at all.
        "django.request": {"filters": ["without_secret_paths"]},
        "django.server": {"filters": ["without_secret_paths"]},
        # Its INFO lines carry URLs and query strings with customers' numbers.
        "twilio.http_client": {"level": "WARNING"},
        # One line per task, thousands a minute.
        "django-q": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
    },
}
