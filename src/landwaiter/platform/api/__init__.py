"""The HTTP API: sensors report to it, programs read from it."""
