"""Telling others about findings."""
