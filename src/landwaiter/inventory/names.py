"""Names that the analysis of layers and coalescing share: coalescing reads stored facts and needs no analyser."""

OS_RELEASE = "os-release"
DPKG_STATUS, DPKG_STATUS_D, DPKG_FILES, DPKG_COPYRIGHT = "dpkg-status", "dpkg-status.d", "dpkg-files", "dpkg-copyright"
CHISEL = "chisel"
APK = "apk"
RPM_SQLITE, RPM_NDB, RPM_BDB, RPM_MANIFEST = "rpm-sqlite", "rpm-ndb", "rpm-bdb", "rpm-manifest"
PACMAN, PACMAN_FILES = "pacman", "pacman-files"

DATABASES = frozenset({
    DPKG_STATUS, DPKG_STATUS_D, CHISEL, APK, RPM_SQLITE, RPM_NDB, RPM_BDB, RPM_MANIFEST, PACMAN,
})  # fmt: skip
"""Analysers whose evidence lists the distribution's packages."""
FILE_LISTS = DATABASES | {DPKG_FILES, PACMAN_FILES}
"""Analysers whose evidence says which files the distribution's packages own."""

RELEASE_FILES = (
    "etc/os-release",
    "usr/lib/os-release",
    "etc/alpine-release",
    "etc/SuSE-release",
    "etc/mariner-release",
    "etc/photon-release",
    "etc/oracle-release",
    "etc/almalinux-release",
    "etc/rocky-release",
    "etc/centos-release",
    "etc/fedora-release",
    "etc/redhat-release",
    "etc/system-release",
    "etc/system-release-cpe",
    "etc/lsb-release",
    "etc/debian_version",
    "etc/arch-release",
)
"""Where the distribution is looked for, best first."""

PASSWD, SHADOW = "etc/passwd", "etc/shadow"

UNREAD_MANAGERS = frozenset({"opkg", "Portage", "xbps", "swupd", "eopkg", "snap", "Nix", "Guix"})
"""Package managers whose databases are not read."""
