"""The list of all analysers, in the order in which a file is offered to them."""

from landwaiter.inventory.analyser import Analyser
from landwaiter.inventory.binaries.executable import EXECUTABLE
from landwaiter.inventory.binaries.releases import RELEASE_FILE
from landwaiter.inventory.languages.conda import CONDA
from landwaiter.inventory.languages.cran import R_LIBRARY
from landwaiter.inventory.languages.dotnet import DOTNET
from landwaiter.inventory.languages.java.archive import JAVA_ARCHIVE
from landwaiter.inventory.languages.lua import ROCKSPEC
from landwaiter.inventory.languages.node import NODE, YARN_CACHE
from landwaiter.inventory.languages.pear import PEAR
from landwaiter.inventory.languages.php import COMPOSER
from landwaiter.inventory.languages.python import PYTHON, PYTHON_EGG
from landwaiter.inventory.languages.ruby import GEMSPEC
from landwaiter.inventory.languages.sbom import SBOM
from landwaiter.inventory.os.apk import APK
from landwaiter.inventory.os.chisel import CHISEL
from landwaiter.inventory.os.dpkg import DPKG_COPYRIGHT, DPKG_FILES, DPKG_STATUS, DPKG_STATUS_D
from landwaiter.inventory.os.os_release import OS_RELEASE
from landwaiter.inventory.os.pacman import PACMAN
from landwaiter.inventory.os.rpm import RPM_BDB, RPM_MANIFEST, RPM_NDB, RPM_SQLITE

OS_ANALYSERS: tuple[Analyser, ...] = (
    OS_RELEASE,
    DPKG_STATUS,
    DPKG_STATUS_D,
    DPKG_FILES,
    DPKG_COPYRIGHT,
    APK,
    RPM_SQLITE,
    RPM_NDB,
    RPM_BDB,
    RPM_MANIFEST,
    PACMAN,
    CHISEL,
)
LANGUAGE_ANALYSERS: tuple[Analyser, ...] = (
    PYTHON,
    PYTHON_EGG,
    NODE,
    YARN_CACHE,
    JAVA_ARCHIVE,
    GEMSPEC,
    COMPOSER,
    PEAR,
    DOTNET,
    CONDA,
    R_LIBRARY,
    ROCKSPEC,
    SBOM,
    RELEASE_FILE,
    EXECUTABLE,
)
"""Add the analysers of another ecosystem here."""
ANALYSERS: tuple[Analyser, ...] = OS_ANALYSERS + LANGUAGE_ANALYSERS
