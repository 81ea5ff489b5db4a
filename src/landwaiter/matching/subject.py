"""What of an image is compared with which data: a name and a version, in some ecosystems of a bundle."""

import msgspec


class Subject(msgspec.Struct, frozen=True):
    """One question to the bundle.

    `ecosystems` are names as the bundle has them, `name` is in their normal form, `version` is what is compared under
    `scheme`; for distributions that speak of sources these are the source package's.
    """

    ecosystems: tuple[str, ...]
    name: str
    version: str
    scheme: str
