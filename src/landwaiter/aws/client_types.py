"""How this room reaches AWS: by a function that gives the boto3 client of a service."""

from collections.abc import Callable
from typing import Any, TypeAlias

ClientFactory: TypeAlias = Callable[[str], Any]
