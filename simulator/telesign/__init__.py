"""TeleSign's part of the simulator: its REST API for text messages, its callbacks and its own habits."""
