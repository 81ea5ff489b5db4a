"""PHP packages and extensions of PEAR's installer: `.registry/NAME.reg` and `.registry/.channel.CHANNEL/NAME.reg`.

A registry file is the package's description as PHP serialises it (php.net, `serialize`). Name and channel follow each
other in it, and so do `version` and the release: `s:4:"name";s:5:"redis";s:7:"channel";s:12:"pecl.php.net";`.
"""

import re

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact

NAME = "pear"
PECL = "pecl.php.net"

_NAMED = re.compile(rb's:4:"name";s:\d{1,3}:"([\w.-]{1,100})";s:7:"channel";s:\d{1,3}:"([\w./-]{1,100})";')
_RELEASED = re.compile(rb's:7:"version";a:\d{1,3}:\{s:7:"release";s:\d{1,3}:"([\w.+~-]{1,100})";')
_LICENSE = re.compile(
    rb's:7:"license";(?:s:\d{1,3}:"([^"]{1,100})"|a:2:\{s:7:"attribs";.{1,300}?s:8:"_content";s:\d{1,3}:"([^"]{1,100})";\})',
    re.DOTALL,
)
_REGISTRY = re.compile(r"(?:^|/)\.registry/(?:\.channel\.[^/]+/)?[^/]+\.reg\Z")


def read_registered(path: str, content: bytes) -> Evidence:
    """Read the registry file of an installed package. Raises InputError when it names no package and release."""
    named, released = _NAMED.search(content), _RELEASED.search(content)
    if not named or not released:
        raise InputError("PEAR's registry file names no package and release.")
    license_name = _LICENSE.search(content)
    licenses = ((license_name[1] or license_name[2]).decode("utf-8", "replace"),) if license_name else ()
    kind = "pecl" if named[2].decode() == PECL else "pear"
    return Evidence(path, NAME, (PackageFact(kind, named[1].decode(), released[1].decode(), licenses=licenses),))


PEAR = Analyser(
    NAME,
    suffixes=(".reg",),
    wants=lambda path: _REGISTRY.search(path) is not None,
    read=read_registered,
    limit=4 * MIB,
)
