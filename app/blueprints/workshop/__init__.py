"""Channels and topics: still empty."""
