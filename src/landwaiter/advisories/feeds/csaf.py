"""The parts of CSAF 2.0 that VEX documents about rpm packages use: product tree, statuses, impacts, remediations.

A product of the tree is a package (by purl), a module of packages (`pkg:rpmmod/…`), or a product that has a CPE; a
relationship says that one is a component of another, and may itself be a component of a third.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote

import msgspec

_DEEPEST = 32
_NEVRA = re.compile(r"(?P<name>.+)-(?P<evr>\d+:[^-:]+-[^-:]+)\.[a-z0-9_]+\Z")
_MODULE = re.compile(r"pkg:rpmmod/[^/]+/(?P<name>[^@]+)@(?P<version>[^?]+)")
_QUALIFIER = re.compile(r"[?&](epoch|rpmmod)=([^&]+)")


class Helper(msgspec.Struct):
    """Identifiers of a product."""

    cpe: str = ""
    purl: str = ""


class Named(msgspec.Struct):
    """A product by id."""

    product_id: str
    name: str = ""
    product_identification_helper: Helper | None = None


class Branch(msgspec.Struct):
    """A node of the product tree."""

    branches: list["Branch"] = []
    product: Named | None = None


class Relationship(msgspec.Struct):
    """A product that is a component of another."""

    full_product_name: Named
    product_reference: str = ""
    relates_to_product_reference: str = ""


class ProductTree(msgspec.Struct):
    """All products of a document."""

    branches: list[Branch] = []
    relationships: list[Relationship] = []


class Tracking(msgspec.Struct):
    """When the document changed last."""

    current_release_date: datetime | None = None


class Head(msgspec.Struct):
    """The document's own description."""

    title: str = ""
    tracking: Tracking | None = None


class Cvss(msgspec.Struct):
    """A CVSS object; only the vector is used."""

    vector_string: str = msgspec.field(default="", name="vectorString")


class ScoreSet(msgspec.Struct):
    """Scores for some products."""

    cvss_v4: Cvss | None = None
    cvss_v3: Cvss | None = None
    cvss_v2: Cvss | None = None

    @property
    def vector(self) -> str:
        """The vector of the newest version that is there."""
        return next((item.vector_string for item in (self.cvss_v4, self.cvss_v3, self.cvss_v2) if item), "")


class Threat(msgspec.Struct):
    """An assessment for some products; of category "impact" a severity word."""

    category: str = ""
    details: str = ""
    product_ids: list[str] = []


class Remediation(Threat):
    """What is, or is not, done for some products."""


class Vulnerability(msgspec.Struct):
    """One vulnerability and the state of every product."""

    cve: str = ""
    title: str = ""
    product_status: dict[str, list[str]] = {}
    scores: list[ScoreSet] = []
    threats: list[Threat] = []
    remediations: list[Remediation] = []


class Document(msgspec.Struct):
    """A CSAF document."""

    document: Head
    product_tree: ProductTree = msgspec.field(default_factory=ProductTree)
    vulnerabilities: list[Vulnerability] = []


class Product(msgspec.Struct, frozen=True):
    """A package of a product: `package` and `version` ("" where not said) of the rpm, `cpe` of what it belongs to."""

    cpe: str = ""
    package: str = ""
    version: str = ""
    streams: tuple[str, ...] = ()


Products = dict[str, Product]
"""By product id."""


def products_of(tree: ProductTree) -> Products:
    """Return every product of the tree, with what its relationships add: a package's product and module."""
    products = dict(_leaves(tree))
    for _ in range(2):
        # A relationship may refer to one that is listed after it; chains are two long.
        for item in tree.relationships:
            part = products.get(item.product_reference, Product())
            whole = products.get(item.relates_to_product_reference, Product())
            products[item.full_product_name.product_id] = Product(
                cpe=whole.cpe or part.cpe,
                package=part.package or whole.package,
                version=part.version,
                streams=part.streams or whole.streams,
            )
    return products


def _leaves(tree: ProductTree) -> Iterator[tuple[str, Product]]:
    waiting = [(branch, 0) for branch in tree.branches]
    while waiting:
        branch, depth = waiting.pop()
        if depth < _DEEPEST:
            waiting.extend((inner, depth + 1) for inner in branch.branches)
        if branch.product is not None:
            yield branch.product.product_id, _product(branch.product)


def _product(named: Named) -> Product:
    helper = named.product_identification_helper or Helper()
    module = _MODULE.match(helper.purl)
    if module:
        return Product(helper.cpe, streams=(_stream(module["name"], unquote(module["version"])),))
    if not helper.purl.startswith("pkg:rpm/"):
        return Product(helper.cpe)
    found = _NEVRA.match(named.product_id) or _NEVRA.match(named.name)
    qualifiers = {key: unquote(value) for key, value in _QUALIFIER.findall(helper.purl)}
    streams = (":".join(qualifiers["rpmmod"].split(":")[:2]),) if "rpmmod" in qualifiers else ()
    if found:
        return Product(helper.cpe, found["name"], found["evr"], streams)
    path, _, rest = helper.purl.partition("@")
    version = unquote(rest.partition("?")[0])
    epoch = qualifiers.get("epoch", "")
    name = unquote(path.partition("?")[0].rpartition("/")[2])
    return Product(helper.cpe, name, f"{epoch}:{version}" if epoch and version else version, streams)


def _stream(name: str, version: str) -> str:
    """Return `name:stream` of a module's purl (`nodejs@18:8070020230306170237:489197e6`)."""
    return f"{name}:{version.partition(':')[0]}"
