"""How an entry of the feed names people, and what a page that is open has seen of the feed: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# An open page asks again for what is this much older than the newest it shows. A line gets its time before
# its transaction ends, so one that ends late comes with an earlier time than others before it: a writer
# waits ten seconds for a database at most. Readers may take their thanks back for ten minutes (TAKE_BACK).
OVERLAP = timedelta(minutes=10)
MOST_SEEN = 40


@dataclass(frozen=True)
class Who:
    """Whom an entry is about: `names` as they are allowed, and `others` who aren't named: each a "reader",
    a "member", a "former" member, or simply an "other". Nobody at all where both are empty."""

    names: tuple[str, ...]
    others: int
    other: str


def who_in(lines: Sequence[Any], people: int) -> Who:
    """Whom an entry of `people` is about, of whose lines the newest are given (person_id, reader, name)."""
    each: dict[Any, Any] = {}
    for line in lines:
        each.setdefault((line.person_id, line.reader), line)
    each.pop((None, None), None)
    known = list(each.values())
    if not known:
        return Who((), 0, "")
    names = tuple(line.name for line in known if line.name)
    unnamed = [_unnamed(line) for line in known if not line.name]
    others = max(people - len(names), 0)
    if names and others > len(unnamed):
        return Who(names, others, "other")
    kinds = set(unnamed)
    if kinds == {"member", "former"}:
        kinds = {"member"} if others > 1 else kinds
    return Who(names, others, kinds.pop() if len(kinds) == 1 else "other")


def _unnamed(line: Any) -> str:
    if line.reader is not None:
        return "reader"
    return "former" if line.name is None else "member"


@dataclass(frozen=True)
class Seen:
    """What a page shows of the newest entries: their time, and of those within OVERLAP of it each bundle's
    id and number of lines. An entry that isn't here, or with another number, is new to the page."""

    moment: datetime | None
    bundles: Mapping[int, int]

    @classmethod
    def of(cls, bundles: Collection[Any]) -> Seen:
        """Of the newest entries of a page (id, lines, latest_at)."""
        if not bundles:
            return cls(None, {})
        moment = max(bundle.latest_at for bundle in bundles)
        recent = {each.id: each.lines for each in bundles if each.latest_at > moment - OVERLAP}
        return cls(moment, recent)

    @classmethod
    def read(cls, since: str, seen: str) -> Seen:
        """As the page sends it back; what can't be read has seen nothing, which only sends more again."""
        try:
            moment = datetime.fromisoformat(since).astimezone(UTC)
            pairs = [each.split(".") for each in seen.split("-") if each][:MOST_SEEN]
            bundles = {int(bundle): int(lines) for bundle, lines in pairs}
            return cls(moment, {bundle: bundles[bundle] for bundle in bundles if 0 < bundle < 2**31})
        except (ValueError, OverflowError):
            return cls(None, {})

    @property
    def values(self) -> dict[str, str]:
        """The values of the address under which the page asks for more: since, seen."""
        if self.moment is None:
            return {}
        return {
            "since": self.moment.isoformat(),
            "seen": "-".join(f"{bundle}.{lines}" for bundle, lines in self.bundles.items()),
        }

    @property
    def after(self) -> datetime:
        """Entries from after this moment are asked for."""
        try:
            return (self.moment or datetime.min.replace(tzinfo=UTC)) - OVERLAP
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)
