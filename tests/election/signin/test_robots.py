"""The question for people: who answers passes, once, in time; nobody else does."""

import re

import pytest

from e2evote.election.people.database import People
from e2evote.election.signin import robots
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.robots import Answer
from e2evote.election.signin.settings import Robots
from tests.election.signin.conftest import NOON, ORDER, Hall, solve

ASKED = Robots(work_bits=4)
NOW = int(NOON)


def passes(people: People, settings: Robots, answer: Answer, now: int = NOW) -> bool:
    with people.writing() as access:
        try:
            robots.check(access, settings, answer, now)
        except RefusedError as refused:
            return refused.reason is not Reason.ROBOT
    return True


def test_a_right_answer_passes_once_and_for_ten_minutes(hall: Hall) -> None:
    answer = solve(hall.people, robots.ask(hall.people, ASKED, NOW))
    assert not passes(hall.people, ASKED, answer, NOW + 600)
    assert passes(hall.people, ASKED, answer, NOW + 599)
    assert not passes(hall.people, ASKED, answer)


def test_wrong_answers_do_not_pass(hall: Hall) -> None:
    right = solve(hall.people, robots.ask(hall.people, ASKED, NOW))
    idle = next(str(n) for n in range(99) if robots.work_done(right.token, str(n)) < 4)
    wrong = [
        right._replace(text=str(int(right.text) + 1)),
        right._replace(text=""),
        right._replace(text="9" * 5000),
        right._replace(work=idle),
        right._replace(work=right.work + "x"),
        right._replace(token=""),
        right._replace(token="ß"),
        right._replace(token=right.token[:-4]),
        right._replace(token=("A" if right.token[0] != "A" else "B") + right.token[1:]),
    ]
    assert not any(passes(hall.people, ASKED, answer) for answer in wrong)
    assert passes(hall.people, ASKED, right)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_questions_are_words_and_their_answers_may_be_too(hall: Hall, language: str) -> None:
    """Each question is solved here from its words alone, as a person would."""
    words, seen = robots._NUMBERS[language], set()
    for _ in range(40):
        question = robots.ask(hall.people, Robots(work_bits=0), NOW)
        text = question.texts[language]
        assert not re.search("[0-9۰-۹]", text)
        named = [words.index(word) for word in re.findall(r"\w+", text) if word in words[:10]]
        kind = next(kind for kind, form in enumerate(robots._QUESTIONS[language]) if _fits(form, text))
        seen.add(kind)
        result = (named[0] + named[1], named[0] - named[1], max(named))[kind]
        assert passes(hall.people, Robots(work_bits=0), Answer(question.token, words[result], "")), text
    assert seen == {0, 1, 2}


def _fits(form: str, text: str) -> bool:
    return re.fullmatch(re.escape(form).replace(r"\{0\}", r"\w+").replace(r"\{1\}", r"\w+"), text) is not None


def test_what_is_not_configured_is_not_asked(hall: Hall) -> None:
    silent = Robots(question=False, work_bits=3)
    question = robots.ask(hall.people, silent, NOW)
    assert (question.texts, question.work_bits) == ({}, 3)
    work = next(str(n) for n in range(999) if robots.work_done(question.token, str(n)) >= 3)
    assert passes(hall.people, silent, Answer(question.token, "", work))


def test_signing_in_needs_the_answer(hall: Hall) -> None:
    question = hall.signin.question()
    with pytest.raises(RefusedError) as caught:
        hall.signin.begin(hall.fields(1), Answer(question.token, "", ""), ORDER)
    assert caught.value.reason is Reason.ROBOT
    hall.settle()
    assert not hall.received.messages
