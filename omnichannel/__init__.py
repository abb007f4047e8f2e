"""Omnichannel: a back office with which a company answers its customers' text messages."""

__version__ = "0.1.0"
