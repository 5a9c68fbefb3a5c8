"""Any order of starting, sending, passing a stage, voting, deciding, undoing and looking again, by anybody:
nobody is paid twice, nothing that was sent changes, a badge is lit exactly while its work is approved, an
accepted vote counts and a refused one doesn't.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

from sqlalchemy import select, update

from app.blueprints.badges.models import Award, Badge, Fact
from app.blueprints.points.models import Account, Transfer
from app.blueprints.quests import services, services_desk, services_quick, services_review, services_stages
from app.blueprints.quests.models import (
    Evidence,
    PollTally,
    PollVote,
    Quest,
    Review,
    Submission,
    SubmissionEvent,
)
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.uow import unit_of_work
from tests.desk.conftest import clean_ledger

START = clock.now().replace(microsecond=0)
WHO = ["linxia", "xiaoman", "zhoumo", "luoning", "guyan", "guanli"]
# each answers within seconds, or after the time to take it back is over
PAUSES = [1, 1, 1, 30, 660]
HISTORIES, STEPS = 14, 50
STAGES = [{"title": title, "title_en": title, "due_on": None} for title in ("草稿", "发布")]
STAGED = [
    {"key": "words", "title": "草稿", "title_en": "Draft", "evidence": "text", "required": True},
    {"key": "more", "title": "发布", "title_en": "Publish", "evidence": "text", "required": True, "stage": 2},
]
OPTIONS = [{"key": key, "zh": key, "en": key} for key in ("a", "b")]
CHOICE = [{"key": "one", "title": "选", "title_en": "Choose", "evidence": "choice", "options": OPTIONS}]


def test_no_history_pays_twice_or_loses_what_was_sent(app, _pristine, make_member, make_quest, quick) -> None:  # noqa: PT019
    from app.blueprints.members import services as members

    reached: dict[str, int] = {}

    class Desk:
        def begin(self) -> None:
            db.session.remove()
            _pristine()
            self.now = START
            self.sent: dict[tuple[int, int], list[tuple[str, str]]] = {}
            caps = {
                "zhoumo": ("mentor",),
                "luoning": ("reviewer",),
                "guyan": ("reviewer",),
                "guanli": ("admin",),
            }
            with clock.at(START):
                self.people = {
                    name: make_member(name, capabilities=caps.get(name, ()))
                    for name in ("linxia", "xiaoman", "zhoumo", "luoning", "guyan", "guanli")
                }
                members.set_mentor(
                    self.people["linxia"].id, self.people["zhoumo"].id, by=self.people["guanli"]
                )
                self.quests = [
                    make_quest(),
                    make_quest(review_mode="mentor"),
                    quick(review_mode="auto"),
                    make_quest(stages=STAGES, steps=STAGED, draft_rounds=5),
                    quick(review_mode="auto", steps=CHOICE),
                ]
                with unit_of_work():
                    # two that can be done anew every day, one that is lit once for all
                    daily = update(Quest).where(Quest.id.in_(self.quests[:2]))
                    db.session.execute(daily.values(repeat_days=1))
                    poll = update(Quest).where(Quest.id == self.quests[4])
                    db.session.execute(poll.values(kind="poll"))

        def step(self, chance: Random) -> None:
            """Time goes by, somebody begins, somebody tries what may not be theirs, or somebody may."""
            who, work, words = chance.choice(WHO), chance.randrange(6), chance.randrange(100)
            kind = chance.randrange(20)
            if kind < 2:
                self.now += timedelta(seconds=chance.choice(PAUSES))
            elif kind == 2:
                self.now += timedelta(days=1, seconds=5)
            elif kind < 6:
                member, quest = chance.choice(["linxia", "xiaoman", "luoning"]), chance.randrange(5)
                if quest == 4:
                    self.vote(member, chance.choice("ab"))
                else:
                    self.start_and_send(member, quest, words)
            elif kind < 12:
                self.anybody_tries(who, work, words, chance.randrange(11))
            else:
                self.whoever_may(work, chance.randrange(12), chance.random() < 0.5)

        def works(self) -> list[int]:
            db.session.rollback()
            return list(db.session.scalars(select(Submission.id).order_by(Submission.id)))

        def act(self, name: str, work: int, command, *args, **more) -> None:
            """Anybody may try anything: refused is fine, half done is not."""
            works = self.works()
            if not works:
                return
            chosen = works[work % len(works)]
            with clock.at(self.now):
                try:
                    command(chosen, *args, **more)
                    reached[name] = reached.get(name, 0) + 1
                except DomainError:
                    db.session.rollback()

        def verdict(self, work: int, **words: str) -> Verdict:
            works = self.works()
            round_ = 1
            if works:
                round_ = db.session.scalar(
                    select(Submission.round).where(Submission.id == works[work % len(works)])
                )
            return Verdict(round=round_, **words)

        def start_and_send(self, who: str, quest: int, words: int) -> None:
            with clock.at(self.now):
                try:
                    work = services.start_quest(self.quests[quest], by=self.people[who])
                    draft = Draft(
                        texts={"words": f"第 {words} 句"}, helpers=[(self.people["guanli"].id, None)]
                    )
                    services.submit_work(work, draft, by=self.people[who])
                except DomainError:
                    db.session.rollback()

        def vote(self, who: str, option: str) -> None:
            with clock.at(self.now):
                try:
                    services_quick.vote(self.quests[4], option, by=self.people[who])
                    reached["vote"] = reached.get("vote", 0) + 1
                except DomainError:
                    db.session.rollback()

        def submit(self, who: str, work: int, words: int) -> None:
            works = self.works()
            stage = works and db.session.scalar(
                select(Submission.stage).where(Submission.id == works[work % len(works)])
            )
            draft = Draft(texts={"more" if stage == 2 else "words": f"改成第 {words} 句"})
            self.act("submit", work, services.submit_work, draft, by=self.people[who])

        def take_back(self, who: str, work: int) -> None:
            works = self.works()
            self.act("take_back", work, services.take_back, by=self.people[who])
            if works:
                chosen = works[work % len(works)]
                if db.session.scalar(select(Submission.state).where(Submission.id == chosen)) == "working":
                    # taken back before anybody opened or judged this round: its member may change it
                    round_ = db.session.scalar(select(Submission.round).where(Submission.id == chosen))
                    judged = select(Review.id).where(Review.submission_id == chosen, Review.round == round_)
                    assert db.session.scalar(judged) is None
                    self.sent.pop((chosen, round_), None)

        def withdraw(self, who: str, work: int) -> None:
            self.act("withdraw", work, services.withdraw_work, by=self.people[who])

        def open_it(self, who: str, work: int) -> None:
            self.act("open", work, services_review.open_for_review, by=self.people[who])

        def approve(self, who: str, work: int) -> None:
            verdict = self.verdict(work, highlight="好")
            self.act("approve", work, services_review.approve_submission, verdict, by=self.people[who])

        def pass_stage(self, who: str, work: int) -> None:
            verdict = self.verdict(work, highlight="好")
            self.act("pass", work, services_stages.pass_stage, verdict, by=self.people[who])

        def undo(self, who: str, work: int) -> None:
            self.act("undo", work, services_desk.undo_approval, by=self.people[who])

        def ask_changes(self, who: str, work: int) -> None:
            verdict = self.verdict(work, highlight="好", suggestion="再来")
            self.act("changes", work, services_review.ask_changes, verdict, by=self.people[who])

        def decline(self, who: str, work: int) -> None:
            verdict = self.verdict(work, reason="不是自己的")
            self.act("decline", work, services_review.decline_submission, verdict, by=self.people[who])

        def look_again(self, who: str, work: int) -> None:
            self.act("look_again", work, services_desk.look_again, "再看看", by=self.people[who])

        def reverse(self, who: str, work: int) -> None:
            self.act("reverse", work, services_desk.reverse_approval, "不是要的东西", by=self.people[who])

        def anybody_tries(self, who: str, work: int, words: int, which: int) -> None:
            if which == 0:
                self.submit(who, work, words)
            else:
                (
                    self.take_back, self.withdraw, self.open_it, self.approve, self.undo, self.ask_changes,
                    self.decline, self.look_again, self.reverse, self.pass_stage,
                )[which - 1](who, work)  # fmt: skip

        def whoever_may(self, work: int, choice: int, other: bool) -> None:
            """A move that the work's state allows, by somebody who may: most other tries are refused."""
            works = self.works()
            if not works:
                return
            place = work % len(works)
            row = db.session.execute(
                select(Submission.state, Submission.member_id, Submission.quest_id, Submission.stage).where(
                    Submission.id == works[place]
                )
            ).one()
            member = next(name for name, one in self.people.items() if one.id == row.member_id)
            reviewer = "guyan" if other else "guanli"
            undoes = db.session.scalar(
                select(Review.reviewer_id)
                .where(Review.submission_id == works[place])
                .order_by(Review.id.desc())
            )
            approver = next((name for name, one in self.people.items() if one.id == undoes), reviewer)
            db.session.rollback()
            if row.quest_id == self.quests[3] and row.stage == 1 and row.state == "submitted" and choice % 2:
                self.pass_stage(reviewer, place)
                return
            moves = {
                "submitted": [
                    lambda: self.withdraw(member, place),
                    lambda: self.approve(reviewer, place),
                    lambda: self.ask_changes(reviewer, place),
                    lambda: self.decline(reviewer, place),
                ],
                "approved": [lambda: self.undo(approver, place), lambda: self.reverse(reviewer, place)],
                "declined": [
                    lambda: self.look_again(member, place),
                    # both ways at once: a new try, and another look at the first
                    lambda: (
                        self.vote(member, "ab"[choice % 2])
                        if row.quest_id == self.quests[4]
                        else self.start_and_send(member, self.quests.index(row.quest_id), choice),
                        self.look_again(member, place),
                    ),
                ],
                "changes": [lambda: self.submit(member, place, choice), lambda: self.withdraw(member, place)],
                "working": [lambda: self.submit(member, place, choice)],
            }.get(row.state, [])
            if moves:
                moves[choice % len(moves)]()

        def wallets_hold_what_is_approved(self) -> None:
            clean_ledger()
            for person in self.people.values():
                approved = db.session.scalars(
                    select(Submission.points_awarded).where(
                        Submission.member_id == person.id, Submission.state == "approved"
                    )
                ).all()
                wallet = db.session.scalar(
                    select(Account.balance).where(Account.member_id == person.id, Account.kind == "wallet")
                )
                assert wallet == sum(approved)
                assert all(approved), "each of these quests pays"
            transfers = db.session.scalars(select(Transfer.key)).all()
            assert len(transfers) == len(set(transfers))

        def what_is_lit_once_is_paid_once(self) -> None:
            lit = db.session.execute(
                select(Submission.member_id, Submission.quest_id).where(
                    Submission.quest_id.in_(self.quests[2:]), Submission.state == "approved"
                )
            ).all()
            assert len(lit) == len(set(lit)), "paid twice for one quest"

        def stages_are_passed_one_by_one(self) -> None:
            """Only in its last stage is work lit, and each stage before that one was passed once."""
            passed = Counter(
                db.session.scalars(
                    select(Review.submission_id).where(
                        Review.decision == "passed", Review.undone_at.is_(None)
                    )
                )
            )
            for row in db.session.execute(
                select(Submission.id, Submission.stage, Submission.state, Submission.quest_id)
            ):
                assert passed[row.id] == row.stage - 1
                if row.quest_id == self.quests[3] and row.state == "approved":
                    assert row.stage == 2

        def accepted_votes_count_and_refused_ones_don_t(self) -> None:
            states = {
                row.id: row.state
                for row in db.session.execute(
                    select(Submission.id, Submission.state).where(Submission.quest_id == self.quests[4])
                )
            }
            votes = db.session.execute(select(PollVote.submission_id, PollVote.option_key)).all()
            counting = {vote.submission_id for vote in votes}
            assert len(counting) == len(votes)
            assert {work for work, state in states.items() if state == "approved"} <= counting
            # an approval that was taken back waits for the next verdict with its vote
            assert {states[work] for work in counting} <= {"approved", "submitted"}
            tally = db.session.execute(select(PollTally.option_key, PollTally.votes)).all()
            counted = Counter(vote.option_key for vote in votes)
            assert {row.option_key: row.votes for row in tally if row.votes} == counted

        def badges_are_lit_while_work_is_approved(self) -> None:
            approved = {
                tuple(row)
                for row in db.session.execute(
                    select(Submission.member_id, Submission.quest_id).where(Submission.state == "approved")
                )
            }
            of_badge = {
                row.id: row.quest
                for row in db.session.execute(
                    select(Badge.id, Quest.id.label("quest")).join(Quest, Quest.badge_id == Badge.id)
                )
            }
            lit = {
                (row.member_id, of_badge[row.badge_id])
                for row in db.session.execute(select(Award.member_id, Award.badge_id))
            }
            assert lit == {pair for pair in approved if pair[1] in of_badge.values()}
            assert sum(db.session.scalars(select(Badge.award_count))) == len(lit)
            facts = db.session.scalars(select(Fact.key).where(Fact.scope == "")).all()
            many = db.session.scalars(select(Submission.id).where(Submission.state == "approved")).all()
            assert len(facts) == len(many)

        def what_was_sent_stays(self) -> None:
            rows = db.session.execute(
                select(
                    Submission.id, Submission.state, Submission.round, Evidence.round.label("of"),
                    Evidence.step_key, Evidence.body,
                )
                .join(Evidence, Evidence.submission_id == Submission.id)
                # a vote may be changed until its poll closes
                .where(Submission.quest_id != self.quests[4])
                .order_by(Evidence.id)
            ).all()  # fmt: skip
            now: dict[tuple[int, int], list[tuple[str, str]]] = {}
            for row in rows:
                if row.of < row.round or row.state not in ("working", "changes", "withdrawn"):
                    now.setdefault((row.id, row.of), []).append((row.step_key, row.body))
            everything: dict[tuple[int, int], list[tuple[str, str]]] = {}
            for row in rows:
                everything.setdefault((row.id, row.of), []).append((row.step_key, row.body))
            for key, was in self.sent.items():
                assert everything.get(key) == was, "sent evidence changed or vanished"
            self.sent |= now

        def a_verdict_counts_once_a_look(self) -> None:
            looks = db.session.execute(
                select(Review.submission_id, Review.round, Review.look).where(Review.undone_at.is_(None))
            ).all()
            assert len(looks) == len(set(looks))
            for row in db.session.execute(
                select(Submission.id, Submission.member_id, Submission.look, Submission.declined_by_id)
            ):
                first = db.session.scalars(
                    select(Review.reviewer_id).where(
                        Review.submission_id == row.id, Review.look == 1, Review.decision == "declined"
                    )
                ).all()
                second = db.session.scalars(
                    select(Review.reviewer_id).where(Review.submission_id == row.id, Review.look == 2)
                ).all()
                asked = db.session.scalars(
                    select(SubmissionEvent.id).where(
                        SubmissionEvent.submission_id == row.id, SubmissionEvent.kind == "look_again"
                    )
                ).all()
                assert len(asked) == (row.look == 2)
                assert not set(first) & set(second), "the first reviewer looked again"
                assert row.member_id not in (*first, *second), "judged their own work"

    for seed in range(HISTORIES):
        chance, desk = Random(seed), Desk()
        desk.begin()
        for _ in range(STEPS):
            desk.step(chance)
            desk.wallets_hold_what_is_approved()
            desk.what_is_lit_once_is_paid_once()
            desk.stages_are_passed_one_by_one()
            desk.accepted_votes_count_and_refused_ones_don_t()
            desk.badges_are_lit_while_work_is_approved()
            desk.what_was_sent_stays()
            desk.a_verdict_counts_once_a_look()
    # the histories went everywhere
    assert set(reached) >= {
        "submit",
        "approve",
        "undo",
        "changes",
        "decline",
        "look_again",
        "reverse",
        "withdraw",
        "pass",
        "vote",
    }
