"""The environment of the tests, set before the settings are read (loaded by -p in pyproject.toml)."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only-not-a-secret")
os.environ.setdefault("FIELD_KEYS", "dGVzdHMtb25seS1ub3QtYS1zZWNyZXQtMzItYnl0ZXM=")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="omnichannel-tests-"))
os.environ.setdefault("PUBLIC_BASE_URL", "https://desk.example.test")
os.environ.setdefault("ALLOWED_HOSTS", "desk.example.test,testserver,localhost,127.0.0.1")
os.environ.setdefault("LOG_LEVEL", "WARNING")
