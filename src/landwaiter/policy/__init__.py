"""Policies, and the verdict that one gives on an image."""
