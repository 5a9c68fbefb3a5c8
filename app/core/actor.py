"""Who acts: a plain, frozen picture of the signed-in member, read once for each request."""

from __future__ import annotations

from dataclasses import dataclass, field

# Which capabilities open which door. An admin opens all of them.
PERMISSIONS: dict[str, frozenset[str]] = {
    "reviews:mentor": frozenset({"mentor", "host"}),
    "reviews:open": frozenset({"mentor", "host", "reviewer"}),
    "reviews:staff": frozenset({"reviewer"}),
    "quests:publish": frozenset({"publisher"}),
    "points:rules": frozenset({"publisher"}),
    "mall:manage": frozenset({"publisher"}),
    "mall:fulfil": frozenset({"publisher", "reviewer"}),
    "points:answer": frozenset({"reviewer", "publisher"}),
    "points:adjust": frozenset(),
    "members:invite": frozenset({"publisher", "reviewer"}),
    "members:manage": frozenset(),
    "staff:console": frozenset({"reviewer", "publisher"}),
    "audit:read": frozenset(),
}

CAPABILITIES = ("mentor", "expert", "reviewer", "publisher", "admin", "host")
TIERS = ("participant", "contributor", "cocreator")


@dataclass(frozen=True, kw_only=True)
class Actor:
    """`unread` and `unlit_award_id` serve the shell of every page."""

    id: int
    name: str
    login: str = ""
    number: int = 0
    tier: str = "participant"
    star_level: int = 0
    capabilities: frozenset[str] = field(default_factory=frozenset)
    locale: str | None = None
    theme: str | None = None
    unread: int = 0
    unlit_award_id: int | None = None
    session_id: int | None = None

    def can(self, permission: str) -> bool:
        """Whether this member may pass a door that asks for `permission` (a key of PERMISSIONS)."""
        return "admin" in self.capabilities or not self.capabilities.isdisjoint(PERMISSIONS[permission])

    @property
    def is_staff(self) -> bool:
        return self.can("staff:console")
