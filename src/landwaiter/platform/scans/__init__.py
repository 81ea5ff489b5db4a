"""Scans: leases, journeys, documents."""
