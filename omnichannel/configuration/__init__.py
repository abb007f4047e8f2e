"""The configuration as a file: written by one installation, compared with and applied to another.

YAML with natural keys (names, usernames, numbers, account SIDs) and without any secret. A record that the
file does not name stays as it is; within a work stream, `routing_rules` are replaced as a whole, for their
order is their meaning. The shapes are the API's, so that a value is right or wrong in both for one reason.
"""
