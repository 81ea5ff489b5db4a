"""Compliance: benchmarks as data, checks as pure functions over evidence."""
