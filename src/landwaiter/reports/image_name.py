"""How an image is named in documents: as a purl of type oci, and for people."""

from packageurl import PackageURL

from landwaiter.inventory.models import ImageSummary

_LOCAL = ("docker-archive:", "oci-archive:", "oci-layout:", "rootfs:", "/", ".")


def is_local(image: ImageSummary) -> bool:
    """Tell whether the image was read from a file or folder, so that its name says nothing of a registry."""
    return image.reference.startswith(_LOCAL)


def repository(image: ImageSummary) -> str:
    """Return the reference without tag and digest; of a local image the whole name."""
    if is_local(image):
        return image.reference
    folder, slash, last = image.reference.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def tag(image: ImageSummary) -> str:
    """Return the reference's tag, "" where it has none."""
    return "" if is_local(image) else image.reference.partition("@")[0].rpartition("/")[2].partition(":")[2]


def image_purl(image: ImageSummary) -> str:
    """Return `pkg:oci/NAME@DIGEST?repository_url=…` (purl type definition `oci`), "" where the image has no digest."""
    if not image.digest or is_local(image):
        return ""
    where = repository(image)
    qualifiers = {"arch": image.platform.architecture, "repository_url": where.lower(), "tag": tag(image)}
    filled = {key: value for key, value in qualifiers.items() if value}
    return PackageURL("oci", None, where.rpartition("/")[2].lower(), image.digest, filled).to_string()
