"""What a month's report says of its people, each sentence as one reads it and as one passes it on: pure.

Which of them is said follows from the ways people were helped (policies_report.sentence_of): where one holds
for everybody it says what they did; where ways mix, only what is true of each of them.
"""

from __future__ import annotations

from collections.abc import Callable

from app.core.i18n import N_, catalogue

Ngettext = Callable[[str, str, int], str]
Sentence = Callable[[Ngettext, int], str]

# what the ways are called beside their numbers
WAY_NAMES = {
    "credit": N_("Lit a star"),
    "solved": N_("Solved a problem"),
    "learned": N_("Learned something"),
    "chose": N_("Chose a model"),
    "decided": N_("Decided to buy"),
    "referral": N_("Became owners"),
    "answer": N_("Took your answer"),
    "idea": N_("Gained by your idea"),
    "milestone": N_("Came further"),
    "enjoyed": N_("Enjoyed it"),
    "thanks": N_("Said it helped"),
    "praise": N_("Praised you"),
    "reach": N_("Reach"),
}

TO_YOU: dict[str, Sentence] = {
    "credit": lambda ngettext, n: ngettext(
        "%(num)s person lit a star with your help.", "%(num)s people lit a star with your help.", n
    ),
    "solved": lambda ngettext, n: ngettext(
        "%(num)s person solved a problem with your help.",
        "%(num)s people solved a problem with your help.",
        n,
    ),
    "learned": lambda ngettext, n: ngettext(
        "%(num)s person learned something from you.", "%(num)s people learned something from you.", n
    ),
    "chose": lambda ngettext, n: ngettext(
        "%(num)s person found their model with your help.",
        "%(num)s people found their model with your help.",
        n,
    ),
    "decided": lambda ngettext, n: ngettext(
        "%(num)s person made up their mind with your help.",
        "%(num)s people made up their minds with your help.",
        n,
    ),
    "referral": lambda ngettext, n: ngettext(
        "%(num)s person became an owner because of you.", "%(num)s people became owners because of you.", n
    ),
    "answer": lambda ngettext, n: ngettext(
        "%(num)s person went on with your answer.", "%(num)s people went on with your answers.", n
    ),
    "idea": lambda ngettext, n: ngettext(
        "%(num)s person is better off for your idea.", "%(num)s people are better off for your ideas.", n
    ),
    "milestone": lambda ngettext, n: ngettext(
        "%(num)s person came further with you beside them.",
        "%(num)s people came further with you beside them.",
        n,
    ),
    "enjoyed": lambda ngettext, n: ngettext(
        "%(num)s person enjoyed what you made.", "%(num)s people enjoyed what you made.", n
    ),
    "detours": lambda ngettext, n: ngettext(
        "%(num)s person took fewer detours because of you.",
        "%(num)s people took fewer detours because of you.",
        n,
    ),
    "reached": lambda ngettext, n: ngettext(
        "Your light reached %(num)s person.", "Your light reached %(num)s people.", n
    ),
}

# the same in the words of the member, for the picture they take along
OF_ME: dict[str, Sentence] = {
    "credit": lambda ngettext, n: ngettext(
        "%(num)s person lit a star with my help.", "%(num)s people lit a star with my help.", n
    ),
    "solved": lambda ngettext, n: ngettext(
        "%(num)s person solved a problem with my help.", "%(num)s people solved a problem with my help.", n
    ),
    "learned": lambda ngettext, n: ngettext(
        "%(num)s person learned something from me.", "%(num)s people learned something from me.", n
    ),
    "chose": lambda ngettext, n: ngettext(
        "%(num)s person found their model with my help.",
        "%(num)s people found their model with my help.",
        n,
    ),
    "decided": lambda ngettext, n: ngettext(
        "%(num)s person made up their mind with my help.",
        "%(num)s people made up their minds with my help.",
        n,
    ),
    "referral": lambda ngettext, n: ngettext(
        "%(num)s person became an owner because of me.", "%(num)s people became owners because of me.", n
    ),
    "answer": lambda ngettext, n: ngettext(
        "%(num)s person went on with my answer.", "%(num)s people went on with my answers.", n
    ),
    "idea": lambda ngettext, n: ngettext(
        "%(num)s person is better off for my idea.", "%(num)s people are better off for my ideas.", n
    ),
    "milestone": lambda ngettext, n: ngettext(
        "%(num)s person came further with me beside them.",
        "%(num)s people came further with me beside them.",
        n,
    ),
    "enjoyed": lambda ngettext, n: ngettext(
        "%(num)s person enjoyed what I made.", "%(num)s people enjoyed what I made.", n
    ),
    "detours": lambda ngettext, n: ngettext(
        "%(num)s person took fewer detours because of me.",
        "%(num)s people took fewer detours because of me.",
        n,
    ),
    "reached": lambda ngettext, n: ngettext(
        "My light reached %(num)s person.", "My light reached %(num)s people.", n
    ),
}


def headline(sentences: dict[str, Sentence], key: str, number: int, locale: str) -> str:
    """The sentence of that key (policies_report.sentence_of) for `number` people, at least one.

    "thanks", "praise" and "reach" have none of their own. A sentence's lines may be divided by a break.
    """
    say = sentences.get(key, sentences["reached"])
    return say(catalogue(locale).ungettext, number) % {"num": f"{number:,}"}


def in_one_line(sentence: str) -> str:
    return sentence.replace("\n", "")
