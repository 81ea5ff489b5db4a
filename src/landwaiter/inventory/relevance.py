"""Which paths of a layer matter to coalescing, though nothing in them is read: links, programs, traces.

A layer has tens of thousands of paths and its facts are to be small, so these are rules about names.
"""

import re

_DATABASE_FOLDERS = frozenset({
    "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status.d", "var/lib/dpkg/info", "var/lib/rpm",
    "var/lib/rpmmanifest", "usr", "usr/lib", "usr/lib/sysimage", "usr/lib/sysimage/rpm", "usr/share",
    "usr/share/rpm", "lib/apk", "lib/apk/db", "usr/lib/apk", "usr/lib/apk/db", "var/lib/pacman",
    "var/lib/pacman/local", "etc",
})  # fmt: skip
_DATABASE_FILES = frozenset({
    "etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "lib/apk/db/installed",
    "usr/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "var/lib/rpm/Packages.db",
    "etc/redhat-release", "etc/system-release", "etc/centos-release", "etc/passwd", "etc/shadow",
})  # fmt: skip
_PACKAGE_FOLDERS = frozenset({
    "node_modules", "site-packages", "dist-packages", "gems", "specifications", "vendor", "conda-meta", "jars",
    "lib", "app",
})  # fmt: skip
_PACKAGE_ENDS = (".dist-info", ".egg-info", ".egg", ".jar", ".war", ".ear")
_PROGRAM_FOLDERS = frozenset({"bin", "sbin", "libexec", "games"})
_OS_FOLDERS = frozenset({"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"})
_NOT_OS = ("usr/local/", "usr/src/app/")
_DATA = re.compile(
    r"\Ausr/(?:share/(?:doc|man|info|locale|zoneinfo|icons|licenses|terminfo)|lib/(?:locale|debug|firmware|modules))/"
)

_TRACES = {
    "bin/busybox": "busybox",
    "usr/bin/busybox": "busybox",
    "bin/toybox": "toybox",
    "bin/sh": "a shell",
    "usr/bin/sh": "a shell",
    "bin/bash": "a shell",
    "usr/bin/bash": "a shell",
    "usr/bin/dash": "a shell",
    "sbin/init": "an init",
    "etc/ld.so.cache": "a dynamic linker",
    "etc/ld.so.conf": "a dynamic linker",
    "usr/bin/dpkg": "dpkg",
    "sbin/apk": "apk",
    "usr/bin/rpm": "rpm",
    "bin/rpm": "rpm",
    "usr/bin/opkg": "opkg",
    "bin/opkg": "opkg",
    "usr/lib/opkg/status": "opkg",
    "usr/bin/emerge": "Portage",
    "usr/bin/xbps-install": "xbps",
    "usr/bin/swupd": "swupd",
    "usr/bin/eopkg": "eopkg",
    "usr/bin/snap": "snap",
}
_TRACE_PREFIXES = (
    ("nix/store/", "Nix"),
    ("gnu/store/", "Guix"),
    ("var/db/pkg/", "Portage"),
    ("var/db/xbps/", "xbps"),
    ("var/lib/opkg/", "opkg"),
    ("snap/", "snap"),
)
_TRACE_FOLDERS = tuple(prefix for prefix, _ in _TRACE_PREFIXES)
_TRACE_STARTS = frozenset({"nix", "gnu", "var", "snap"})
_LINKER = re.compile(r"\A(?:usr/)?lib(?:32|64|/[^/]+)?/(?:ld-[^/]+\.so[^/]*|libc\.so[^/]*|libc\.musl[^/]*)\Z")
_COMMON_SETUID = frozenset({
    "su", "sudo", "mount", "umount", "passwd", "chsh", "chfn", "chage", "expiry", "gpasswd", "newgrp",
    "unix_chkpwd", "pkexec", "ssh-keysign", "ssh-agent", "wall", "write", "crontab", "at",
    "dbus-daemon-launch-helper", "polkit-agent-helper-1", "fusermount", "fusermount3", "bbsuid", "ping",
    "ping6", "sg", "pam_timestamp_check", "userhelper", "staprun", "lockdev", "newuidmap", "newgidmap",
    "utempter", "screen", "locate", "mlocate", "grub2-set-bootenv", "usernetctl", "exim4", "bsd-write",
})  # fmt: skip


NAMES = _PACKAGE_FOLDERS | {path.rpartition("/")[2] for path in (*_TRACES, *_DATABASE_FOLDERS)}
SUFFIXES = frozenset(_PACKAGE_ENDS)
STARTS = ("ld-", "libc.")
"""A file without execute permission that has none of these and no folder that matters plays no part here."""
_MODULE_FOLDERS = ("node_modules", "site-packages", "dist-packages")


def folder_matters(folder: str) -> bool:
    """Tell whether some file in the folder of this path may replace a folder or be a trace."""
    if "/" not in folder or f"{folder}/".startswith(_TRACE_FOLDERS):
        return True
    parent = folder[folder.rfind("/") + 1 :]
    return parent in _MODULE_FOLDERS or parent.startswith("@")


def may_replace(path: str) -> bool:
    """Tell whether a lower layer may have a folder with evidence at `path`, which a file or link replaces."""
    folder, _, name = path.rpartition("/")
    parent = folder[folder.rfind("/") + 1 :]
    if parent in _MODULE_FOLDERS:
        return not name.endswith((".py", ".pth", ".so", ".json", ".yaml")) and "/.pnpm/" not in path
    if name in _PACKAGE_FOLDERS or name.endswith(_PACKAGE_ENDS) or path in _DATABASE_FOLDERS:
        return True
    if parent.startswith("@"):
        return folder.endswith(f"node_modules/{parent}")
    return folder.count("/") < 1 and "." not in name and parent not in _PROGRAM_FOLDERS


def is_link_of_interest(path: str) -> bool:
    """Tell whether a symbolic link at `path` may lead to evidence."""
    return path in _DATABASE_FILES or "os-release" in path


def is_folder_of_interest(path: str) -> bool:
    """Tell whether a lower layer may have a symbolic link at `path` that a folder of this layer replaces."""
    return "/" not in path or path in _DATABASE_FOLDERS


def is_program(path: str) -> bool:
    """Tell whether the file at `path`, in the distribution's folders, is a program or library by its name."""
    start = path[: path.find("/")]
    if start not in _OS_FOLDERS or path.startswith(_NOT_OS):
        return False
    folder, _, name = path.rpartition("/")
    if folder[folder.rfind("/") + 1 :] in _PROGRAM_FOLDERS or ".so" in name:
        return True
    return "." not in name and not _DATA.match(path)


def is_commonly_setuid(path: str) -> bool:
    """Tell whether distributions give a program of this name setuid or setgid."""
    return path[path.rfind("/") + 1 :] in _COMMON_SETUID


def may_belong_to_os(path: str) -> bool:
    """Tell whether the distribution's packages put files at places like `path`."""
    return path[: path.find("/")] in _OS_FOLDERS and not path.startswith(_NOT_OS)


def trace_of(path: str) -> str:
    """Return which part of an operating system a file of this name tells of, "" for none."""
    found = _TRACES.get(path, "")
    if not found and path[: path.find("/")] in _TRACE_STARTS:
        found = next((name for prefix, name in _TRACE_PREFIXES if path.startswith(prefix)), "")
    return found or ("a C library" if ("/ld-" in path or "/libc." in path) and _LINKER.match(path) else "")
