"""Reading VEX documents: OpenVEX 0.0.1 to 0.2.0, CSAF 2.0 (profile VEX), CycloneDX 1.4 and later (JSON)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from landwaiter.errors import InputError
from landwaiter.matching.vex import Product, Statement

_LIMIT = 64 << 20
_DEEPEST = 64
_REMEDY = "Give an OpenVEX, CSAF VEX or CycloneDX document in JSON."
_Object = dict[str, Any]

_CYCLONEDX_STATES = {
    "not_affected": "not_affected",
    "false_positive": "not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
}
_CSAF_STATES = {
    "known_not_affected": "not_affected",
    "fixed": "fixed",
    "first_fixed": "fixed",
    "known_affected": "affected",
    "under_investigation": "under_investigation",
}


def read_vex(path: Path) -> tuple[Statement, ...]:
    """Return the statements of the document at `path`; its format is recognised by content.

    Raises InputError: not readable, too large, not JSON, none of the three formats, or not as its format says.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LIMIT + 1)
        document = msgspec.json.decode(content) if len(content) <= _LIMIT else None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"The VEX document {path} cannot be read: {error}.", _REMEDY) from error
    reader = _reader_of(document)
    if not isinstance(document, dict) or reader is None:
        raise InputError(f"{path} is no VEX document that is known.", _REMEDY)
    try:
        return tuple(reader(document, path.name))
    except (AttributeError, TypeError, ValueError, KeyError, RecursionError) as error:
        raise InputError(f"The VEX document {path} is not as its format says.", _REMEDY) from error


def _reader_of(document: object) -> Callable[[_Object, str], Iterator[Statement]] | None:
    if not isinstance(document, dict):
        return None
    if "openvex" in str(document.get("@context", "")):
        return _openvex
    if document.get("bomFormat") == "CycloneDX":
        return _cyclonedx
    head = document.get("document")
    return _csaf if isinstance(head, dict) and str(head.get("category", "")).startswith("csaf") else None


def _openvex(document: _Object, name: str) -> Iterator[Statement]:
    source = str(document.get("@id") or name)
    for item in document.get("statements") or ():
        stated = item.get("vulnerability")
        names = _names(stated) if isinstance(stated, dict) else (str(stated),)
        yield Statement(
            source=source,
            vulnerabilities=names,
            products=tuple(_openvex_product(product) for product in item.get("products") or ()),
            status=str(item.get("status", "")),
            justification=str(item.get("justification") or ""),
            text=str(item.get("impact_statement") or item.get("status_notes") or ""),
            timestamp=str(item.get("last_updated") or item.get("timestamp") or document.get("timestamp") or ""),
        )


def _names(vulnerability: _Object) -> tuple[str, ...]:
    aliases = vulnerability.get("aliases") or ()
    return tuple(str(name) for name in (vulnerability.get("name"), *aliases) if name)


def _openvex_product(product: object) -> Product:
    """A product is a string (0.0.1) or an object with `@id`, `identifiers` and `subcomponents`."""
    purl = _openvex_purl(product)
    components = product.get("subcomponents") or () if isinstance(product, dict) else ()
    name = str(product.get("@id", "")) if isinstance(product, dict) else str(product)
    cpe = str((product.get("identifiers") or {}).get("cpe22", "")) if isinstance(product, dict) else ""
    return Product(purl, cpe, "" if name == purl else name, tuple(filter(None, map(_openvex_purl, components))))


def _openvex_purl(item: object) -> str:
    stated = item
    if isinstance(item, dict):
        stated = (item.get("identifiers") or {}).get("purl") or item.get("@id") or ""
    return str(stated) if str(stated).startswith("pkg:") else ""


def _cyclonedx(document: _Object, name: str) -> Iterator[Statement]:
    products = dict(_cyclonedx_components(document))
    for item in document.get("vulnerabilities") or ():
        analysis = item.get("analysis") or {}
        names = (item.get("id"), *(reference.get("id") for reference in item.get("references") or ()))
        refs = [str(affects.get("ref", "")) for affects in item.get("affects") or ()]
        yield Statement(
            source=str(document.get("serialNumber") or name),
            vulnerabilities=tuple(str(item) for item in names if item),
            products=tuple(_cyclonedx_product(ref, products) for ref in refs),
            status=_CYCLONEDX_STATES.get(str(analysis.get("state", "")), "under_investigation"),
            justification=str(analysis.get("justification") or ""),
            text=str(analysis.get("detail") or ""),
            timestamp=str(analysis.get("lastUpdated") or (document.get("metadata") or {}).get("timestamp") or ""),
        )


def _cyclonedx_components(document: _Object) -> Iterator[tuple[str, Product]]:
    root = (document.get("metadata") or {}).get("component")
    waiting = [item for item in (root, *(document.get("components") or ())) if item]
    while waiting:
        item = waiting.pop()
        waiting.extend(item.get("components") or ())
        product = Product(str(item.get("purl") or ""), str(item.get("cpe") or ""), str(item.get("name") or ""))
        yield str(item.get("bom-ref", "")), product


def _cyclonedx_product(ref: str, products: dict[str, Product]) -> Product:
    """Resolve a bom-ref, a BOM-Link (`urn:cdx:…#ref`), or a ref that is a purl itself."""
    target = ref.rpartition("#")[2] if ref.startswith("urn:cdx:") else ref
    found = products.get(target)
    return found if found is not None else Product(purl=target if target.startswith("pkg:") else "")


def _csaf(document: _Object, name: str) -> Iterator[Statement]:
    tracking = document["document"].get("tracking") or {}
    products = _csaf_products(document.get("product_tree") or {})
    for item in document.get("vulnerabilities") or ():
        names = (item.get("cve"), *(other.get("text") for other in item.get("ids") or ()))
        flags = {
            pid: str(flag.get("label")) for flag in item.get("flags") or () for pid in flag.get("product_ids") or ()
        }
        for state, ids in (item.get("product_status") or {}).items():
            for justification, same in _by_flag(ids, flags).items():
                yield Statement(
                    source=str(tracking.get("id") or name),
                    vulnerabilities=tuple(str(text) for text in names if text),
                    products=tuple(products[pid] for pid in same if pid in products),
                    status=_CSAF_STATES.get(state, "affected"),
                    justification=justification,
                    text=str(item.get("title") or ""),
                    timestamp=str(tracking.get("current_release_date") or ""),
                )


def _by_flag(ids: list[str], flags: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pid in ids:
        found.setdefault(flags.get(pid, ""), []).append(pid)
    return found


def _csaf_products(tree: _Object) -> dict[str, Product]:
    products = dict(_csaf_leaves(tree))
    for item in tree.get("relationships") or ():
        part = products.get(str(item.get("product_reference")), Product())
        whole = products.get(str(item.get("relates_to_product_reference")), Product())
        pid = str((item.get("full_product_name") or {}).get("product_id"))
        products[pid] = Product(whole.purl, whole.cpe, whole.name, (part.purl,) if part.purl else ("-",))
    return products


def _csaf_leaves(tree: _Object) -> Iterator[tuple[str, Product]]:
    waiting = [(item, 0) for item in (*(tree.get("branches") or ()), *(tree.get("full_product_names") or ()))]
    while waiting:
        item, depth = waiting.pop()
        if depth < _DEEPEST:
            waiting.extend((branch, depth + 1) for branch in item.get("branches") or ())
        product = item.get("product") or (item if "product_id" in item else None)
        if product:
            helper = product.get("product_identification_helper") or {}
            names = Product(str(helper.get("purl") or ""), str(helper.get("cpe") or ""), str(product.get("name") or ""))
            yield str(product.get("product_id")), names
