"""Signing in: codes, their limits and times, strangers, sessions."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import event

from e2evote.election.people import members, trail
from e2evote.election.people.trail import Event
from e2evote.election.signin.desk import Order
from e2evote.election.signin.masks import mask_email, mask_mobile
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.texts import LANGUAGES, REFUSALS, explain
from tests.election.members import member
from tests.election.signin.conftest import NOON, ORDER, Hall, answer


def refusal(call: object, *arguments: object) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value


def test_a_member_signs_in_with_the_code_that_was_sent(hall: Hall) -> None:
    sent = hall.begin(1)
    assert (sent.channel, sent.masks) == ("mobile", {"mobile": "09****01", "email": "m****@e****.org"})
    assert sent.expires == NOON + 120
    code = hall.newest_code()
    (message,) = hall.received.messages
    assert re.fullmatch("[0-9]{6}", code)
    assert code not in repr(message)
    assert message.to == "+989120000001"
    assert message.text == f"Club election\nYour code to sign in: {code}\nValid for 2 minutes. Tell it to nobody."
    token = hall.signin.enter(sent.token, code, "192.0.2.1")
    assert hall.signin.session(token).member != bytes(32)


def test_codes_are_entered_in_digits_of_any_script_and_sent_in_persian_and_by_email(hall: Hall) -> None:
    sent = hall.begin(1, Order("fa", "192.0.2.1", "email"))
    code = hall.newest_code()
    (message,) = hall.received.messages
    assert (sent.channel, message.to) == ("email", "member1@example.org")
    assert message.text.startswith(f"انتخابات باشگاه\nرمز ورود شما: {code}\nاعتبار 2 دقیقه")
    persian = "".join(chr(0x6F0 + int(digit)) for digit in code)
    assert hall.signin.enter(sent.token, f" {persian[:3]} {persian[3:]} ", "192.0.2.1")


def test_identities_are_read_as_the_roll_reads_them(hall: Hall) -> None:
    typed = {"member_number": "m-۳", "national_id": str(member(3).national_id).lstrip("0").zfill(8)}
    hall.signin.begin(typed, answer(hall), ORDER)
    hall.settle()
    assert [message.to for message in hall.received.messages] == ["+989120000003"]


@pytest.mark.parametrize(
    ("mobile", "email", "sent"),
    [("۰۹۱۲ ۰۰۰ ۰۰۰۲", "member2@EXAMPLE.org", 1), ("09120000003", "member2@example.org", 0)],
)
def test_other_fields_may_be_asked_for_too(hall: Hall, mobile: str, email: str, sent: int) -> None:
    fields = ("member_number", "mobile", "email")
    hall.signin = type(hall.signin)(
        replace(hall.desk, settings=hall.desk.settings.model_copy(update={"fields": fields}))
    )
    hall.signin.begin({"member_number": "M2", "mobile": mobile, "email": email}, answer(hall), ORDER)
    hall.settle()
    assert len(hall.received.messages) == sent


@pytest.mark.parametrize(
    ("number", "mask"), [("+989123456751", "09****51"), ("+4915123456789", "+49 ****89"), ("+14155552671", "+1 ****71")]
)
def test_masks(number: str, mask: str) -> None:
    assert mask_mobile(number, "IR") == mask
    assert mask_email("z@sub.example.org") == "z****@s****.org"


@pytest.mark.parametrize("typed", ["", "M/1", "x" * 201])
def test_malformed_fields_are_named(hall: Hall, typed: str) -> None:
    refused = refusal(hall.signin.begin, hall.fields(1) | {"member_number": typed}, answer(hall), ORDER)
    assert (refused.reason, refused.field) == (Reason.MALFORMED, "member_number")


# -------------------------------------------------------------------------------------------------------- strangers


STRANGERS = [
    {"member_number": "M9", "national_id": str(member(9).national_id)},
    {"member_number": "M1", "national_id": str(member(2).national_id)},
    {"member_number": "M1", "national_id": "AB12"},
]


@pytest.mark.parametrize("fields", STRANGERS)
def test_a_stranger_gets_the_same_answer_and_no_code(hall: Hall, fields: dict[str, str]) -> None:
    known, stranger = hall.begin(1), hall.signin.begin(fields, answer(hall), ORDER)
    hall.settle()
    assert len(hall.received.messages) == 1
    assert len(stranger.token) == len(known.token)
    assert (stranger.channel, stranger.expires) == (known.channel, known.expires)
    assert all(re.fullmatch(r"09\*{4}[0-9]{2}", sent.masks["mobile"]) for sent in (known, stranger))
    again = hall.signin.begin(fields, answer(hall), ORDER)
    assert again.masks == stranger.masks
    assert hall.signin.resend(again.token, ORDER).masks == stranger.masks
    assert refusal(hall.signin.enter, stranger.token, "123456", "a").reason is Reason.WRONG_CODE


def test_no_code_of_a_stranger_is_right(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.election.people.codes.secrets.randbelow", lambda _: 7)
    known, stranger = hall.begin(1), hall.signin.begin(STRANGERS[0], answer(hall), ORDER)
    assert refusal(hall.signin.enter, stranger.token, "777777", "a").reason is Reason.WRONG_CODE
    assert hall.signin.enter(known.token, "777777", "a")


def test_masks_of_strangers_are_those_of_members(hall: Hall) -> None:
    """So how they look tells nothing; some members are taken more often than others."""
    with hall.people.reading() as access:
        found = [members.look_up(access, {"member_number": f"X{number}"}) for number in range(80)]
    shown = Counter(str(one.member.mobile) for one in found)
    assert not any(one.known for one in found)
    assert set(shown) <= {str(member(number).mobile) for number in range(1, 6)}
    assert len(shown) > 1


def test_a_stranger_costs_the_same_statements(hall: Hall) -> None:
    """As many, of the same kind, in the same order; times of this machine would prove less."""
    engine, seen = hall.people._database._engine, list[str]()
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2]))

    def statements(fields: dict[str, str]) -> list[str]:
        right = answer(hall)
        seen.clear()
        hall.signin.begin(fields, right, ORDER)
        return seen[:]

    hall.begin(5)
    assert statements(STRANGERS[0]) == statements(hall.fields(1)) == statements(STRANGERS[1])


# ----------------------------------------------------------------------------------------------------- codes, limits


def test_wrong_codes_are_counted_and_then_none_is_right(hall: Hall) -> None:
    sent = hall.begin(1)
    code = hall.newest_code()
    wrong = "111111" if code != "111111" else "222222"
    for typed in (wrong, "", "a", "1" * 1000, wrong):
        assert refusal(hall.signin.enter, sent.token, typed, "a").reason is Reason.WRONG_CODE
    assert refusal(hall.signin.enter, sent.token, code, "a").reason is Reason.TOO_MANY_WRONG


def test_a_code_is_good_once_and_for_two_minutes(hall: Hall) -> None:
    sent = hall.begin(1)
    code = hall.newest_code()
    hall.time.now += 120
    assert refusal(hall.signin.enter, sent.token, code, "a").reason is Reason.EXPIRED_CODE
    hall.signin.resend(sent.token, ORDER)
    newer = hall.newest_code()
    hall.time.now += 119
    hall.signin.enter(sent.token, newer, "a")
    assert refusal(hall.signin.enter, sent.token, newer, "a").reason is Reason.NO_ASKING


def test_a_second_code_keeps_the_first_good(hall: Hall) -> None:
    sent = hall.begin(1)
    first = hall.newest_code()
    hall.time.now += 60
    hall.signin.resend(sent.token, Order("en", "192.0.2.1", "email"))
    hall.settle()
    assert [message.channel for message in hall.received.messages] == ["mobile", "email"]
    assert hall.signin.enter(sent.token, first, "a")


def test_beginning_again_does_not_end_what_somebody_else_began(hall: Hall) -> None:
    sent = hall.begin(1)
    code = hall.newest_code()
    hall.begin(1, replace(ORDER, address="198.51.100.1"))
    assert hall.signin.enter(sent.token, code, "a")


def test_a_code_belongs_to_its_asking(hall: Hall) -> None:
    hall.begin(1)
    code = hall.newest_code()
    other = hall.begin(2)
    hall.settle()
    if hall.received.messages[-1].code != code:
        assert refusal(hall.signin.enter, other.token, code, "a").reason is Reason.WRONG_CODE
    assert refusal(hall.signin.enter, "no such token", code, "a").reason is Reason.NO_ASKING


def test_an_attempt_ends_after_its_time_and_its_codes(hall: Hall) -> None:
    sent = hall.begin(1)
    for _ in range(4):
        hall.signin.resend(sent.token, ORDER)
    assert refusal(hall.signin.resend, sent.token, ORDER).reason is Reason.TOO_MANY_CODES
    hall.time.now += 900
    assert refusal(hall.signin.resend, sent.token, ORDER).reason is Reason.NO_ASKING


@pytest.mark.parametrize("stranger", [False, True])
def test_codes_of_a_person_are_limited_whoever_asks(hall: Hall, stranger: bool) -> None:
    fields = STRANGERS[0] if stranger else hall.fields(1)
    for number in range(10):
        hall.signin.begin(fields, answer(hall), Order("en", f"192.0.2.{number}"))
    refused = refusal(hall.signin.begin, fields, answer(hall), Order("en", "192.0.2.99"))
    assert (refused.reason, refused.wait) == (Reason.TOO_OFTEN, 1800)
    hall.time.now += 1800
    hall.signin.begin(fields, answer(hall), ORDER)


def test_codes_and_wrong_codes_of_an_address_are_limited(hall: Hall) -> None:
    limits = hall.desk.settings.limits.model_copy(update={"codes_an_address": 3, "wrong_an_address": 2})
    settings = hall.desk.settings.model_copy(update={"limits": limits})
    hall.signin = type(hall.signin)(replace(hall.desk, settings=settings))
    sent = [hall.begin(number) for number in (1, 2, 3)]
    assert refusal(hall.begin, 4).reason is Reason.TOO_OFTEN
    assert hall.begin(4, replace(ORDER, address="198.51.100.1"))
    for each in sent[:2]:
        assert refusal(hall.signin.enter, each.token, "x", "192.0.2.1").reason is Reason.WRONG_CODE
    assert refusal(hall.signin.enter, sent[2].token, "x", "192.0.2.1").reason is Reason.TOO_OFTEN
    assert refusal(hall.signin.enter, sent[2].token, "x", "198.51.100.1").reason is Reason.WRONG_CODE


def test_a_member_whom_no_code_can_reach_is_told_so(hall: Hall) -> None:
    with hall.people.writing() as access:
        members.clear(access)
        members.add(access, [member(1, mobile=None)])
    mobile = {"mobile": hall.desk.settings.channels["mobile"]}
    settings = hall.desk.settings.model_copy(update={"channels": mobile})
    hall.signin = type(hall.signin)(replace(hall.desk, settings=settings))
    assert refusal(hall.begin, 1).reason is Reason.NO_CHANNEL
    with hall.people.reading() as access:
        assert list(trail.events(access)) == []


def test_nobody_signs_in_before_or_after(hall: Hall) -> None:
    hall.time.now = NOON - 4 * 3600 - 1
    refused = refusal(hall.begin, 1)
    assert (refused.reason, refused.wait) == (Reason.NOT_OPEN, 1)
    hall.time.now = NOON + 6 * 3600
    assert refusal(hall.begin, 1).reason is Reason.CLOSED


def test_a_provider_that_is_away_is_in_the_trail_and_not_in_the_answer(hall: Hall) -> None:
    hall.received.broken = True
    assert hall.begin(1).masks
    hall.settle()
    with hall.people.reading() as access:
        assert "a message was not sent" in [event.what for _, event in trail.events(access)]


def test_the_trail_has_no_code_and_only_hours(hall: Hall) -> None:
    hall.time.now += 1234
    token = hall.sign_in(1)
    code = hall.received.messages[-1].code
    with hall.people.reading() as access:
        subject = hall.signin.session(token).member
        found = list(trail.events(access, subject))
    assert {hour for hour, _ in found} == {NOON - 1800}
    assert {event.what for _, event in found} == {"sign-in code by mobile", "right code"}
    assert all(event == Event(event.what, subject, "192.0.2.1") for _, event in found)
    assert code not in repr(found)


# --------------------------------------------------------------------------------------------------------- sessions


def test_signing_in_elsewhere_ends_the_first_session_which_says_so(hall: Hall) -> None:
    first, second, other = hall.sign_in(1), hall.sign_in(1), hall.sign_in(2)
    assert refusal(hall.signin.session, first).reason is Reason.ELSEWHERE
    assert hall.signin.session(second).member != hall.signin.session(other).member
    for call in (hall.voting.turn, hall.voting.begin):
        assert refusal(call, first).reason is Reason.ELSEWHERE


def test_sessions_end_by_time_by_signing_out_and_by_cleaning_up(hall: Hall) -> None:
    token = hall.sign_in(1)
    hall.signin.sign_out(token)
    assert refusal(hall.signin.session, token).reason is Reason.NO_SESSION
    token = hall.sign_in(1)
    hall.time.now += 3600
    assert refusal(hall.signin.session, token).reason is Reason.NO_SESSION
    hall.time.now += 91 * 24 * 3600
    hall.signin.forget()
    with hall.people.reading() as access:
        for table in ("sessions", "askings", "codes", "counters", "trail"):
            assert access.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_every_refusal_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        assert set(REFUSALS[language]) == set(Reason)
        assert all(explain(RefusedError(reason), language) for reason in Reason)
    assert not any(re.search("[A-Za-z]", text) for text in REFUSALS["fa"].values())
