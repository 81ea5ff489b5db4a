"""The simple commands of a shell script, as far as a check needs them: which program is called with which words.

This is no shell: expansions stay as written. Each character is read once, so a hostile script costs no more than its
length.
"""

import re
from collections.abc import Iterator

import msgspec

_TOKEN = re.compile(
    r"(?P<end>[;&|()\n]+)"
    r"|(?P<space>[ \t\r]+)"
    r"|'(?P<single>[^']*)'"
    r'|"(?P<double>(?:\\.|[^"\\])*)"'
    r"""|(?P<word>\\.|[^\s;&|()'"\\]+|.)""",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_KEYWORDS = frozenset({"then", "do", "else", "elif", "if", "while", "until", "{", "}", "!", "time", "exec", "command"})
_WRAPPERS = frozenset({"sudo", "env", "nice", "eatmydata", "timeout", "xargs", "nohup"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_NESTED = 3


class Command(msgspec.Struct, frozen=True):
    """One simple command: the program's name without its folder, and the words that follow it."""

    program: str
    words: tuple[str, ...]
    wrapper: str = ""
    """The program that runs it (`sudo`), "" where none does."""

    @property
    def action(self) -> str:
        """The first word that is no option: `update` of `apt-get -y update`."""
        return next((word for word in self.words if not word.startswith("-")), "")


def commands(script: str, depth: int = 0) -> Iterator[Command]:
    """Yield the simple commands of `script` in order, those of `sh -c '…'` too."""
    for words in _word_lists(script.replace("\\\r\n", " ").replace("\\\n", " ")):
        command = _command(words)
        if command is None:
            continue
        yield command
        if command.program in _SHELLS and depth < _NESTED:
            yield from commands(_inline_script(command.words), depth + 1)


def _word_lists(script: str) -> Iterator[list[str]]:
    words: list[str] = []
    open_word = False
    comment = False
    for token in _TOKEN.finditer(script):
        kind, text = str(token.lastgroup), token[str(token.lastgroup)]
        if kind == "end":
            open_word = False
            if comment and "\n" not in text:
                continue
            yield words
            words, comment = [], False
        elif kind == "space":
            open_word = False
        elif not comment:
            comment = kind == "word" and not open_word and text.startswith("#")
            if not comment:
                _append(words, _unescaped(kind, text), joined=open_word)
            open_word = True
    yield words


def _append(words: list[str], text: str, *, joined: bool) -> None:
    if joined and words:
        words[-1] += text
    else:
        words.append(text)


def _unescaped(kind: str, text: str) -> str:
    return text[1:] if kind == "word" and len(text) == 2 and text[0] == "\\" else text


def _command(words: list[str]) -> Command | None:
    wrapper = ""
    for index, word in enumerate(words):
        name = word.rpartition("/")[2]
        if _ASSIGNMENT.match(word) or word in _KEYWORDS or (wrapper and _is_setting(word)):
            continue
        if name not in _WRAPPERS:
            return Command(name, tuple(words[index + 1 :]), wrapper)
        wrapper = wrapper or name
    return Command(wrapper, ()) if wrapper else None


def _is_setting(word: str) -> bool:
    """Tell whether a word after a wrapper is its own: an option, or a number (`timeout 60`, `nice -n 10`)."""
    return word.startswith("-") or word.rstrip("smhd").isdigit()


def _inline_script(words: tuple[str, ...]) -> str:
    """Return the script of `sh -c SCRIPT` (also `-ec`, `-o pipefail -c`), "" where a file is run."""
    for index, word in enumerate(words[:-1]):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            return words[index + 1]
    return ""
