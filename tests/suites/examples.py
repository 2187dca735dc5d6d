"""SQL out of Markdown pages: the statements of AWS's fenced blocks, and what is printed there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VERBS = """abort alter analyze attach begin call cancel close comment commit copy create deallocate declare delete
    detach drop end execute explain fetch grant insert lock merge prepare refresh reset revoke rollback select set show
    start truncate unload update use vacuum with"""
# Not "Merge Key:" of a plan, nor "select | 12" of a printed table.
_STARTS = re.compile(rf"\s*({'|'.join(VERBS.split())})\b(?!\s*[|:+])(?!/)(?! Key:)", re.IGNORECASE)
_PROMPT = re.compile(r"^\s*[\w-]*[=-][#>]\s?", re.MULTILINE)
_FENCE = re.compile(r"^( *)```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# Strings, quoted names, bodies between dollars and comments, in which a semicolon ends nothing.
_SKIP = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/", re.DOTALL)
_BLANKS = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_RULE = re.compile(r"^\s*-[-+ ]*$")
# A template and no statement: <placeholder>, an ellipsis, [optional] or {this | that}.
_PLACEHOLDER = re.compile(r"<[a-z][\w -]*>", re.IGNORECASE)
_TEMPLATE = re.compile(r"\.\.\.|…|\[ *[,|]|\{[^}'\"]*\|[^}'\"]*\}|\[ *[A-Z_]{3,}[^\]]*\]")


@dataclass(frozen=True)
class Example:
    """One statement of a page and the text that the page shows behind it ("" when none)."""

    page: str
    section: str
    sql: str
    output: str

    @property
    def verb(self) -> str:
        return strip_comments(self.sql).split(None, 1)[0].lower()

    @property
    def is_template(self) -> bool:
        """Whether it shows how to write a statement instead of being one."""
        bare = _SKIP.sub("''", self.sql)
        return self.section == "Syntax" or bool(_TEMPLATE.search(bare) or _PLACEHOLDER.search(self.sql))

    @property
    def expects_error(self) -> bool:
        return re.search(r"^\s*(ERROR|\[?Amazon\]?.*Invalid operation)\b", self.output, re.MULTILINE) is not None

    @property
    def rows(self) -> list[list[str]] | None:
        """The rows of the printed table; None when the output is no table or is cut short."""
        lines = self.output.splitlines()
        at = next((i for i, line in enumerate(lines) if _RULE.match(line) and "-" in line), None)
        if at is None or at == 0:
            return None
        found: list[list[str]] = []
        width = lines[at].count("+") + 1
        for line in lines[at + 1 :]:
            if re.match(r"\s*\(\d+ rows?\)", line) or (not line.strip() and width > 1):
                break
            if line.strip() in ("...", "…") or "more rows" in line:
                return None
            cells = [cell.strip() for cell in line.split("|")] if width > 1 else [line.strip()]
            if len(cells) != width:
                return None
            found.append(cells)
        while found and found[-1] == [""] * width:
            found.pop()
        return found or None


def read_pages(folder: Path) -> Iterator[tuple[str, list[Example]]]:
    """Every page that has statements, with them in their order."""
    for path in sorted(folder.glob("*.md")):
        found = list(_of_page(path.stem, path.read_text(encoding="utf-8")))
        if found:
            yield path.stem, found


def _of_page(page: str, text: str) -> Iterator[Example]:
    for fence in _FENCE.finditer(text):
        headings = re.findall(r"^#+ ([^<\n]*)", text[: fence.start()], re.MULTILINE)
        section = headings[-1].strip() if headings else ""
        block = "\n".join(line.removeprefix(fence[1]) for line in fence[2].splitlines())
        for sql, output in _split(_PROMPT.sub("", block)):
            yield Example(page, section, sql, output)


def split_statements(script: str) -> Iterator[str]:
    """The statements of a script, without their semicolons; a comment alone is none."""
    at = 0
    while at < len(script):
        sql, at = _statement(script, at)
        if _BLANKS.sub("", sql):
            yield sql


def _split(block: str) -> Iterator[tuple[str, str]]:
    at = 0
    pending: str | None = None
    output = ""
    while at < len(block):
        line_end = block.find("\n", at)
        line_end = len(block) if line_end < 0 else line_end + 1
        if not _begins(block[at:]):
            output += block[at:line_end]
            at = line_end
            continue
        if pending is not None:
            yield pending, output.strip("\n")
        pending, at = _statement(block, at)
        output = ""
    if pending is not None:
        yield pending, output.strip("\n")


def _begins(text: str) -> bool:
    # A printed header such as "comment | owner" begins with a verb too.
    first, second = (*_BLANKS.sub("", text, count=1).split("\n", 2), "", "")[:2]
    return _STARTS.match(first) is not None and not _RULE.match(second)


def _statement(block: str, at: int) -> tuple[str, int]:
    """The statement that begins at `at`, without its semicolon, and where it ends."""
    place = at + len(_BLANKS.match(block[at:])[0])
    while place < len(block):
        skipped = _SKIP.match(block, place)
        if skipped:
            place = skipped.end()
        elif block[place] == ";":
            return block[at:place].strip(), place + 1
        elif _ends_without_semicolon(block, place):
            break
        else:
            place += 1
    return block[at:place].strip(), place


def _ends_without_semicolon(block: str, at: int) -> bool:
    """A blank line ends the last statement of a block; a printed table ends any."""
    if block.startswith("\n\n", at) and ";" not in _SKIP.sub("", block[at:]):
        return True
    return block[at] == "\n" and _printed_header(block, at + 1)


def _printed_header(block: str, at: int) -> bool:
    """Whether a line and a rule of dashes under it stand here: the table that a statement without semicolon printed."""
    lines = block[at:].split("\n", 2)
    return len(lines) > 1 and _RULE.match(lines[1]) is not None and "--" in lines[1]


def strip_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL).strip() or "?"
