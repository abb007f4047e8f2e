"""The audit log as people read it: list, record, history of a record, export, API."""
