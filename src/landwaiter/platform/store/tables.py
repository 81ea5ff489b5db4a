"""Every table of the platform: importing this module makes `Base.metadata` whole."""

from landwaiter.platform.auth import tables as auth
from landwaiter.platform.findings import tables as findings
from landwaiter.platform.images import tables as images
from landwaiter.platform.scans import tables as scans
from landwaiter.platform.sensors import tables as sensors
from landwaiter.platform.tasks import tables as tasks

__all__ = ["auth", "findings", "images", "scans", "sensors", "tasks"]
