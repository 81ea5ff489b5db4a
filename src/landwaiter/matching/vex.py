"""VEX statements: what an operator or vendor says of a vulnerability in a product, and how it silences findings.

A statement applies to a finding when it names the vulnerability (by any of its names) and its product is the package,
or is the image with the package as a subcomponent (or without any, which means all of it). Of several that apply the
latest decides; `not_affected` and `fixed` silence, visibly, anything else does not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from packageurl import PackageURL

from landwaiter.inventory.models import Inventory
from landwaiter.matching.models import Finding, Suppression

SILENCING = ("not_affected", "fixed")


class Product(msgspec.Struct, frozen=True):
    """What a statement is about, each part "" where not said: a purl, a CPE 2.2 URI, or an image's name or digest.

    `components` are the purls of subcomponents; empty means the product as a whole.
    """

    purl: str = ""
    cpe: str = ""
    name: str = ""
    components: tuple[str, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    """One statement: `source` is the document it is from, `timestamp` RFC 3339 or ""."""

    source: str
    vulnerabilities: tuple[str, ...]
    products: tuple[Product, ...]
    status: str
    justification: str = ""
    text: str = ""
    timestamp: str = ""


def suppress(findings: Iterable[Finding], inventory: Inventory, statements: Sequence[Statement]) -> Iterator[Finding]:
    """Yield every finding, with its suppression where the statements silence it."""
    by_name = _by_name(statements)
    for finding in findings:
        named = {id(s): s for name in (finding.id, *finding.aliases) for s in by_name.get(name, ())}
        applying = [s for s in named.values() if any(_about(p, finding, inventory) for p in s.products)]
        last = max(applying, key=lambda s: s.timestamp, default=None)
        if last is not None and last.status in SILENCING:
            said = Suppression(last.source, last.status, last.justification, last.text)
            yield msgspec.structs.replace(finding, suppressed=said)
        else:
            yield finding


def _by_name(statements: Sequence[Statement]) -> Mapping[str, list[Statement]]:
    """Index by vulnerability; later statements of a document come first, so that they win among equal times."""
    found: dict[str, list[Statement]] = {}
    for statement in reversed(statements):
        for name in statement.vulnerabilities:
            found.setdefault(name, []).append(statement)
    return found


def _about(product: Product, finding: Finding, inventory: Inventory) -> bool:
    if product.components:
        whole = _is_image(product, inventory) or _is_system(product, inventory)
        return whole and any(same_package(purl, finding.package.purl) for purl in product.components)
    return same_package(product.purl, finding.package.purl) or _is_image(product, inventory)


def same_package(said: str, purl: str) -> bool:
    """Tell whether a statement's purl means a package: without version any version, its qualifiers all present."""
    if not said or not purl:
        return False
    try:
        wanted, have = PackageURL.from_string(said), PackageURL.from_string(purl)
    except ValueError:
        return False
    if (wanted.type, wanted.namespace, wanted.name) != (have.type, have.namespace, have.name):
        return False
    if wanted.version and wanted.version != have.version:
        return False
    return _qualifiers(wanted).items() <= _qualifiers(have).items()


def _qualifiers(purl: PackageURL) -> dict[str, str]:
    return dict(purl.qualifiers) if isinstance(purl.qualifiers, dict) else {}


def _is_image(product: Product, inventory: Inventory) -> bool:
    image = inventory.image
    digests = {digest for digest in (image.digest, image.index_digest) if digest}
    if product.name and (product.name == image.reference or product.name in digests):
        return True
    if not product.purl.startswith(("pkg:oci/", "pkg:docker/")):
        return False
    try:
        purl = PackageURL.from_string(product.purl)
    except ValueError:
        return False
    if purl.version and (":" in purl.version or not _has_tag(image.reference, purl.version)):
        return purl.version in digests
    return _same_repository(purl, image.reference)


def _repository(reference: str) -> str:
    """Return a reference's repository, without tag and digest."""
    repository = reference.partition("@")[0]
    head, slash, last = repository.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _has_tag(reference: str, tag: str) -> bool:
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[2] == tag


def _same_repository(purl: PackageURL, reference: str) -> bool:
    repository = _repository(reference)
    stated = _qualifiers(purl).get("repository_url", "")
    if stated:
        return repository in (stated, f"{stated}/{purl.name}")
    return repository.rpartition("/")[2] == purl.name


def _is_system(product: Product, inventory: Inventory) -> bool:
    """Compare the product's CPE with os-release's: equal, or one a more general form of the other."""
    system = inventory.os.cpe_name if inventory.os else ""
    shorter, longer = sorted((product.cpe, system), key=len)
    return bool(shorter) and (longer == shorter or longer.startswith(f"{shorter}:"))
