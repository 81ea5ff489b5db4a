"""Files whose mere presence matters to a compliance check: credentials, keys, clutter, caches."""

import re

_CREDENTIALS = frozenset({
    "credentials", "credential", "credentials.json", "credentials.xml", "credentials.yml", "credentials.yaml",
    "password.txt", "passwords.txt", "secret_token.rb", "database.yml", ".env", ".netrc", "_netrc", ".npmrc",
    ".pypirc", ".pgpass", ".my.cnf", ".git-credentials", ".dockercfg", ".htpasswd", ".s3cfg", ".boto",
    "kubeconfig", ".vault-token", "service-account.json", "secrets.yml", "secrets.yaml", "secrets.json",
    "terraform.tfstate",
})  # fmt: skip
_KEYS = frozenset({"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"})
_BUILD_FILES = frozenset({
    "Dockerfile", "Containerfile", "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml",
    ".dockerignore", "Vagrantfile",
})  # fmt: skip
_CLUTTER = frozenset(
    {".DS_Store", ".vimrc", ".bash_history", ".zsh_history", ".python_history", ".mysql_history", ".viminfo"}
)
_CREDENTIAL_SUFFIXES = frozenset({
    ".ovpn", ".secret", ".rdp", ".psafe3", ".agilekeychain", ".keychain", ".kdbx", ".tfstate", ".cscfg",
    ".htpasswd",
})  # fmt: skip
_KEY_SUFFIXES = frozenset({".jks", ".p12", ".pfx", ".ppk", ".private_key", ".keystore"})
_CREDENTIAL_ENDS = (
    ".aws/credentials",
    ".docker/config.json",
    ".kube/config",
    ".config/gcloud/credentials.db",
    ".azure/accessTokens.json",
)
_CLUTTER_FOLDERS = frozenset({".git", ".svn", ".hg", ".aws", ".azure", ".gcp", ".vscode", ".idea", ".ssh", ".gnupg"})
_SHIPPED = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|vendor|gems|testdata|tests?|examples?)/|\Ausr/(?:share|lib|src|include)/"
)
"""Where packages put files of theirs, examples and fixtures among them."""
CACHE_FOLDERS = (
    "var/lib/apt/lists",
    "var/cache/apt",
    "var/cache/apk",
    "var/cache/yum",
    "var/cache/dnf",
    "var/cache/libdnf5",
    "var/cache/zypp",
    "var/cache/tdnf",
    "var/cache/pacman",
    "root/.cache/pip",
    "root/.npm/_cacache",
    "root/.cache/yarn",
    "usr/local/share/.cache/yarn",
    "root/.m2/repository",
    "root/.cache/go-build",
    "root/.cargo/registry",
)
"""What package managers leave behind."""
_CACHE_STARTS = frozenset(folder.partition("/")[0] for folder in CACHE_FOLDERS)
_CACHE_PREFIXES = tuple(f"{folder}/" for folder in CACHE_FOLDERS)
_NAMES = (
    dict.fromkeys(_CREDENTIALS, "credential")
    | dict.fromkeys(_KEYS, "private-key")
    | dict.fromkeys(_BUILD_FILES, "build-file")
    | dict.fromkeys(_CLUTTER, "clutter")
)
_SUFFIXES = dict.fromkeys(_CREDENTIAL_SUFFIXES, "credential") | dict.fromkeys(_KEY_SUFFIXES, "private-key")


NAMES = frozenset(_NAMES) | {end.rpartition("/")[2] for end in _CREDENTIAL_ENDS}
SUFFIXES = frozenset(_SUFFIXES)
"""A file that has none of these names and suffixes (in lower case) and no folder that matters is not notable."""


def folder_matters(folder: str) -> bool:
    """Tell whether files in the folder of this path belong to a cache."""
    return f"{folder}/".startswith(_CACHE_PREFIXES)


def notable_file(path: str) -> str:
    """Return why a file of this name is notable (a `FileFact.kind`), "" when it is not."""
    name = path[path.rfind("/") + 1 :]
    kind = _NAMES.get(name, "")
    if not kind:
        dot = name.rfind(".")
        kind = _SUFFIXES.get(name[dot:].lower(), "") if dot > 0 else ""
    if not kind and path.endswith(_CREDENTIAL_ENDS):
        kind = "credential"
    return kind if kind and not _SHIPPED.search(path) else ""


def notable_folder(path: str) -> str:
    """Return why a folder of this name is notable, "" when it is not."""
    return "clutter" if path[path.rfind("/") + 1 :] in _CLUTTER_FOLDERS and not _SHIPPED.search(path) else ""


def cache_folder(path: str) -> str:
    """Return which of `CACHE_FOLDERS` the file lies in, "" for none."""
    if path[: path.find("/")] not in _CACHE_STARTS or not path.startswith(_CACHE_PREFIXES):
        return ""
    return next(folder for folder in CACHE_FOLDERS if path.startswith(f"{folder}/"))
