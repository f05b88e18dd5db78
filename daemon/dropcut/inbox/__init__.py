"""Watches the inbox, waits until files settle, and claims them."""
