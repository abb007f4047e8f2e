"""The simulator, tested against the real Twilio library and a small receiver of webhooks."""
