"""Pure helpers: no models, and no app imported."""
