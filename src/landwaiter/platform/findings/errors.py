"""What may be asked for in vain."""

from landwaiter.errors import InputError


class UnknownImageError(InputError):
    """There is no image of this digest."""


class UnknownVulnerabilityError(InputError):
    """No image has, or ever had, this vulnerability."""
