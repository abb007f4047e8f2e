"""Twilio's part of the simulator: its REST API, its webhooks and its own habits."""
