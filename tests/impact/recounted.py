"""What the numbers of the impact have to be, recounted in plain Python from the rows they are counted from.

Nothing here asks the database for more than whole tables, and nothing is taken from the services or queries
but the numbers that are checked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.blueprints.impact import queries, queries_further, queries_people
from app.core.db import Base, db

# what the filters of the feed show, as the product describes them
SHOWS = {
    "lit": {"credit"},
    "thanks": {"thanks", "relay"},
    "answers": {"answer", "praise"},
    "ideas": {"idea"},
    "milestones": {"milestone", "referral", "reach"},
}


@dataclass(frozen=True)
class Cause:
    """Why there is a line: whom `member` helped, a member (`person`) or a `reader`."""

    member: int
    kind: str
    person: int | None = None
    reader: str | None = None


def table(name: str) -> list[Any]:
    return list(db.session.execute(Base.metadata.tables[name].select()).all())


def by_id(name: str) -> dict[int, Any]:
    return {row.id: row for row in table(name)}


def caused_by_work() -> dict[str, Cause]:
    """Of each work that is approved now, a line for each helper named in it."""
    works = by_id("submission")
    return {
        f"submission:{work.id}{f':{work.undone_count}' if work.undone_count else ''}"
        f":helper:{named.helper_id}": Cause(named.helper_id, "credit", person=work.member_id)
        for named in table("submission_helper")
        if (work := works[named.submission_id]).state == "approved"
    }


def caused_by_thanks() -> dict[str, Cause]:
    """Of all thanks a line, whether their words are shown or not."""
    links = by_id("thanks_link")
    return {
        f"thanks:{one.id}": Cause(
            links[one.link_id].member_id,
            "relay" if one.source == "relay" else "thanks",
            person=one.person_id,
            reader=one.reader if one.person_id is None else None,
        )
        for one in table("thanks")
    }


class Recount:
    """Everything from whole tables; `differences` says what isn't as it has to be."""

    def __init__(self) -> None:
        db.session.rollback()
        self.lines = table("impact_line")
        self.bundles = by_id("impact_bundle")
        self.thanks = by_id("thanks")
        self.members = sorted(row.id for row in table("member"))
        self.found: list[str] = []
        self.zone = ZoneInfo(table("programme")[0].timezone)
        self.of: dict[int, list[Any]] = defaultdict(list)
        self.people: dict[int, set[int]] = defaultdict(set)
        self.readers: dict[int, set[str]] = defaultdict(set)
        for line in self.lines:
            self.of[line.member_id].append(line)
            if line.person_id is not None:
                self.people[line.member_id].add(line.person_id)
            elif line.reader is not None:
                self.readers[line.member_id].add(line.reader)

    def same(self, what: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            self.found.append(f"{what}: {found} instead of {wanted}")

    def differences(self, caused: dict[str, Cause]) -> list[str]:
        """`caused` are the lines that there have to be by other causes than thanks and mentors' mentees."""
        self._lines(caused | caused_by_thanks())
        self._bundles()
        self._counted()
        for member in self.members:
            self._ripple(member)
            self._totals(member)
            self._months(member)
            self._feed(member)
        return self.found

    # --- rows ---------------------------------------------------------------------------------------

    def _lines(self, caused: dict[str, Cause]) -> None:
        """Each cause has its line, and no line is without one."""
        told = {
            line.key: Cause(line.member_id, line.kind, line.person_id, line.reader) for line in self.lines
        }
        mentors = {key for key in told if key.startswith(("passed-on:", "mentee:"))}
        told = {key: told[key] for key in told.keys() - mentors}
        odd = {key for key in told.keys() | caused.keys() if told.get(key) != caused.get(key)}
        self.same("odd lines", {key: told.get(key) for key in odd}, {key: caused.get(key) for key in odd})
        works = Counter((line.member_id, line.about, line.person_id or line.reader) for line in self.lines)
        twice = [key for key, times in works.items() if times > 1 and key[2] is not None]
        self.same("counted twice for the same work", twice, [])
        for line in self.lines:
            one = self.thanks.get(line.thanks_id)
            if one is None:
                continue
            shown = one.words_state == "shown"
            self.same(f"words of {line.key}", line.quote, (one.words or None) if shown else None)
            name = (one.name or None) if shown and one.person_id is None else None
            self.same(f"name of {line.key}", line.person_name, name)

    def _bundles(self) -> None:
        inside = defaultdict(list)
        for line in self.lines:
            inside[line.bundle_id].append(line)
        self.same("bundles", set(self.bundles), set(inside))
        for bundle in self.bundles.values():
            lines = inside[bundle.id]
            if not lines:
                continue  # said already
            self.same(f"lines of {bundle.key}", bundle.lines, len(lines))
            self.same(
                f"whose {bundle.key}",
                {(line.member_id, line.kind) for line in lines},
                {(bundle.member_id, bundle.kind)},
            )
            self.same(f"moment of {bundle.key}", bundle.latest_at, max(map(self._shown_at, lines)))

    def _shown_at(self, line: Any) -> datetime:
        """When it stands in the feed: as words that staff have let through, when they did."""
        one = self.thanks.get(line.thanks_id)
        decided: datetime | None = one.decided_at if one is not None and line.quote else None
        moment: datetime = decided or line.occurred_at
        return moment

    def _counted(self) -> None:
        """Whoever is counted as helped, and by which line."""
        lines = {line.id: line for line in self.lines}
        for name, who, sets in (
            ("helped", "person_id", self.people),
            ("helped_reader", "reader", self.readers),
        ):
            rows = table(name)
            self.same(
                name,
                sorted((row.member_id, getattr(row, who)) for row in rows),
                sorted((member, one) for member, people in sets.items() for one in people),
            )
            for row in rows:
                line = lines.get(row.first_line_id)
                told = line and (line.member_id, getattr(line, who))
                self.same(f"line of {name}", told, (row.member_id, getattr(row, who)))

    # --- what pages are given -------------------------------------------------------------------------

    def further(self, member: int) -> list[int]:
        """Each helped by somebody whom `member` helped, as often as there are such."""
        return [one for person in self.people[member] for one in self.people[person] if one != member]

    def _ripple(self, member: int) -> None:
        first, further = self.people[member], self.further(member)
        carried = {person for person in first if self.people[person] - {member}}
        ripple = queries_people.ripple(member, 12)
        self.same(
            f"ripple of {member}",
            (ripple.first, ripple.carried, ripple.second, ripple.readers),
            (len(first), len(carried), len(set(further)), len(self.readers[member])),
        )
        drawn = {row.person_id: row.second for row in ripple.people}
        many = {person: len(self.people[person] - {member}) for person in first}
        self.same(f"drawn of {member}", drawn, {person: many[person] for person in drawn})
        self.same(
            f"the most of {member}", sorted(drawn.values()), sorted(sorted(many.values(), reverse=True)[:12])
        )
        listed = walk(queries_further.carried, member)
        self.same(
            f"who carried of {member}",
            sorted((row.person_id, row.second) for row in listed),
            sorted((person, many[person]) for person in carried),
        )
        listed = walk(queries_further.further, member, None)
        self.same(
            f"further of {member}",
            sorted((row.person_id, row.ways) for row in listed),
            sorted(Counter(further).items()),
        )
        self.same(f"people of {member}", len(walk(queries_people.people, member)) >= len(first), True)
        listed = walk(lambda cursor: queries_people.people(member, cursor, "readers"))
        self.same(f"readers of {member}", len(listed), len(self.readers[member]))

    def _totals(self, member: int) -> None:
        totals = queries_people.totals(member)
        kinds = Counter(line.kind for line in self.of[member])
        wanted = {show: sum(kinds[kind] for kind in several) for show, several in SHOWS.items()}
        self.same(f"totals of {member}", totals.by_show, wanted)
        lit = {line.person_id for line in self.of[member] if line.kind == "credit"}
        self.same(f"lit with {member}", totals.lit_with_me, len(lit))

    def _months(self, member: int) -> None:
        """All months of the programme, and one without anything before them."""
        edges = self.edges()
        found = queries_people.months(member, edges)
        self.same(f"months of {member}", len(found), len(edges) - 1)
        wanted: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for line in self.of[member]:
            here = line.occurred_at.astimezone(self.zone)
            wanted[here.year, here.month].append(line)
        for month in found:
            here = month.start.astimezone(self.zone)
            lines = wanted.pop((here.year, here.month), [])
            people = {line.person_id for line in lines} - {None}
            readers = {line.reader for line in lines} - {None}
            self.same(
                f"{here:%Y-%m} of {member}",
                (month.lines, month.people, month.readers),
                (Counter(line.kind for line in lines), len(people), len(readers)),
            )
        self.same(f"lines of no month of {member}", dict(wanted), {})

    def edges(self) -> list[datetime]:
        moments = [line.occurred_at.astimezone(self.zone) for line in self.lines] or [datetime.now(self.zone)]
        first, last = min(moments), max(moments)
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        starts = [divmod(first.month - 2 + n, 12) for n in range(count + 2)]
        return [
            datetime(first.year + year, month + 1, 1, tzinfo=self.zone).astimezone(UTC)
            for year, month in starts
        ]

    def _feed(self, member: int) -> None:
        """Walked from part to part, each entry that isn't hidden comes once, the latest first."""
        mine = [each for each in self.bundles.values() if each.member_id == member and not each.hidden_at]
        mine.sort(key=lambda each: (each.latest_at, each.id), reverse=True)
        for show, kinds in {"": set().union(*SHOWS.values()), **SHOWS}.items():
            entries = walk(queries.entries, member, show)
            self.same(
                f"feed of {member} {show}",
                [entry.bundle.id for entry in entries],
                [each.id for each in mine if each.kind in kinds],
            )
            self.same(
                f"numbers in the feed of {member} {show}",
                [entry.bundle.lines for entry in entries],
                [each.lines for each in mine if each.kind in kinds],
            )


def walk(read: Any, *given: Any) -> list[Any]:
    """The rows of a list, page after page."""
    page = read(*given, None)
    rows = list(page.rows)
    while page.next:
        page = read(*given, page.next)
        rows += page.rows
    return rows


def caption(page: str) -> dict[str, int]:
    """The numbers under the ripple of a page, by the list that each opens."""
    begin = page.find("<figcaption")
    words = page[begin : page.find("</figcaption>", begin)] if begin >= 0 else ""
    return {path: number_in(said) for path, said in re.findall(r'href="([^"]*)">([^<]*\d[^<]*)<', words)}


def months_on(page: str) -> dict[str, int]:
    """The numbers of a page of months, by the list that each opens."""
    found = re.findall(r'href="(/impact/months/[^"]*)">([^<]*)<', page)
    return {path: number_in(said) for path, said in found}


def number_in(said: str) -> int:
    return int("".join(re.findall(r"\d", said)))
