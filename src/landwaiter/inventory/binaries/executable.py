"""Executables: one pass over each, looking for all that it may say of itself.

Go build information, cargo-auditable's list, and the version of a known program or library. Nothing is kept of a file
but what the probes keep (64 MiB of a Go program's constants at most), and reading ends when all of them know enough.
"""

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import Analyser, Content
from landwaiter.inventory.binaries.auditable import AuditableProbe
from landwaiter.inventory.binaries.elf import MAGIC, read_layout
from landwaiter.inventory.binaries.gobuildinfo import GoProbe
from landwaiter.inventory.binaries.goservers import go_server
from landwaiter.inventory.binaries.servers import ServerProbe
from landwaiter.inventory.languages.golang import go_packages
from landwaiter.inventory.languages.rust import crates
from landwaiter.inventory.models import Evidence, Note, PackageFact

NAME = "executable"
PE = b"MZ"
MACH_O = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")
PACKED = b"UPX!"


def read_executable(content: Content) -> Evidence | None:
    """Read an ELF, PE or Mach-O file; an ELF program that says nothing gives evidence without packages.

    Such evidence is needed so that a program takes the place of the one it replaces. A library gives None instead.
    """
    name = content.path.rpartition("/")[2]
    layout = read_layout(content.head)
    go, rust, server = GoProbe(layout), AuditableProbe(layout), ServerProbe(name)
    probes = [probe for probe in (go, rust, server) if not probe.done]
    offset = 0
    for piece in content.chunks():
        for probe in probes:
            probe.feed(offset, piece)
        offset += len(piece)
        probes = [probe for probe in probes if not probe.done]
        if not probes:
            break
    packages, problems = _found(name, go, rust, server)
    if layout and layout.go_note and not packages and not problems:
        problems.append("it is a Go program without build information, so its modules are not known")
    if PACKED in content.head and not packages:
        problems.append("it is packed by UPX, which hides what it is made of")
    if not packages and not problems and (not content.head.startswith(MAGIC) or ".so" in name):
        return None
    notes = tuple(Note("unsupported", f"Of this program not all was understood: {p}.", content.path) for p in problems)
    return Evidence(content.path, NAME, packages, notes=notes)


def _found(
    name: str, go: GoProbe, rust: AuditableProbe, server: ServerProbe
) -> tuple[tuple[PackageFact, ...], list[str]]:
    """Return the packages that the probes found, and what they could not make out."""
    packages: tuple[PackageFact, ...] = ()
    problems: list[str] = []
    try:
        information = go.result()
        if information:
            modules = go_packages(information.version, information.modules, go.stamp)
            packages += modules + go_server(name, modules)
    except ValueError as error:
        problems.append(str(error))
    try:
        listing = rust.result()
        packages += crates(listing) if listing else ()
    except (ValueError, InputError) as error:
        problems.append(str(error))
    return packages + server.result(), problems


EXECUTABLE = Analyser(NAME, executables=True, magics=(MAGIC, PE, *MACH_O), stream=read_executable)
