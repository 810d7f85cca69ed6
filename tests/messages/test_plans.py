"""The plan of a decryption pins everything that is asked; statements come back from their file as they were."""

from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.decryption.statements import (
    DataStatement,
    TallyStatement,
    ballot_nonce_statement,
    contest_data_statement,
)
from e2evote.elgamal import Ciphertext
from e2evote.errors import CheckError, ParseError
from e2evote.hashed_elgamal import HashedCiphertext
from e2evote.messages.decrypting import (
    DecryptionList,
    DecryptionPlan,
    StoredStatement,
    decryption_exchange,
    plan_context,
    plan_exchange,
    statements_hash,
)
from e2evote.record.codec import dump, parse
from e2evote.record.exceptions import Override
from e2evote.zkp.schnorr import SchnorrProof
from tests.builders import BuiltRecord
from tests.messages.conftest import Decrypted
from tests.messages.guardians import Held, plan_for
from tests.strategies import TOY_GROUP, exponents, numbers_mod_p

OVERRIDE = Override(cell="شعبه ۱", contest="Chair", rule="minimum", reason="two people asked for it")
OTHER = {
    "h_e": bytes(32),
    "attempt": 2,
    "begun": "2026-12-01T12:00:01Z",
    "subject": "contest data",
    "record": bytes(32),
    "pinned": bytes(32),
    "statements": bytes(32),
    "codes": (bytes(32),),
    "overrides": (OVERRIDE,),
    "available": (1, 2),
}
"""Another value of every field."""


def test_everything_is_bound(decrypted: Decrypted, held: Held) -> None:
    """No two plans that differ in anything have messages in common."""
    assert OTHER.keys() == DecryptionPlan.model_fields.keys() - {"format", "version"}
    plans = [decrypted.plan, *(decrypted.plan.model_copy(update={field: value}) for field, value in OTHER.items())]
    plans.append(plans[0].model_copy(update={"codes": (bytes(32),) * 2}))
    plans.append(plans[0].model_copy(update={"overrides": (replace(OVERRIDE, reason="three people"),)}))
    contexts = [plan_context(held.exchange, plan) for plan in plans]
    contexts.append(plan_context(replace(held.exchange, context=bytes(32)), decrypted.plan))
    assert len(set(contexts)) == len(OTHER) + 4
    for plan in plans:
        assert parse(DecryptionPlan, dump(plan), "plan") == plan


@given(
    first=st.fixed_dictionaries({}, optional={field: st.just(value) for field, value in OTHER.items()}),
    second=st.fixed_dictionaries({}, optional={field: st.just(value) for field, value in OTHER.items()}),
)
def test_equal_contexts_are_equal_plans(decrypted: Decrypted, held: Held, first: dict, second: dict) -> None:
    one, two = (decrypted.plan.model_copy(update=changes) for changes in (first, second))
    same = plan_context(held.exchange, one) == plan_context(held.exchange, two)
    assert same == (one == two) == (first == second)


def test_exchange_of_a_plan(decrypted: Decrypted, held: Held) -> None:
    plan = plan_for(decrypted.election, decrypted.statements, (1, 3), attempt=7, overrides=(OVERRIDE,))
    exchange = decryption_exchange(held.exchange, decrypted.election, decrypted.statements, plan)
    assert exchange == plan_exchange(held.exchange, plan)
    assert (exchange.attempt, exchange.context) == (7, plan_context(held.exchange, plan))
    assert exchange.signing_keys == {i: held.machines[i].key.public for i in (1, 3)}


def test_a_plan_has_every_field(decrypted: Decrypted) -> None:
    """Also those that are usually empty: there is one spelling of a plan."""
    good = dump(decrypted.plan)
    assert good.count(b'"codes":[],"overrides":[]') == 1
    for before, after in (
        (b'"codes":[],', b""),
        (b'"overrides":[],', b""),
        (b'"format":"e2evote-decryption-plan",', b""),
        (b'"version":1,', b""),
        (b'"version":1', b'"version":2'),
        (b'"subject":"tallies"', b'"subject":"everything"'),
        (b'"begun":"2026-12-01T12:00:00Z"', b'"begun":"2026-12-01T24:00:00Z"'),
        (b'"attempt":1', b'"attempt":0'),
        (b"[1,3]", b"[]"),
        (b"[1,3]", b"[0,3]"),
        (b'"codes":[]', b'"codes":["00"]'),
        (b'"overrides":[]', b'"overrides":[{"cell":"a","contest":"b","rule":"none","reason":"c"}]'),
    ):
        assert before in good
        with pytest.raises(ParseError, match="plan"):
            parse(DecryptionPlan, good.replace(before, after), "plan")


@given(available=st.lists(st.integers(1, 6), min_size=1, max_size=6), n=st.integers(1, 5), k=st.integers(1, 5))
def test_a_quorum_of_different_guardians(decrypted: Decrypted, available: list[int], n: int, k: int) -> None:
    plan = decrypted.plan.model_copy(update={"available": tuple(available)})
    quorums = {U for size in range(k, n + 1) for U in combinations(range(1, n + 1), size)}
    if tuple(available) in quorums:
        plan.check_available(n, k)
    else:
        with pytest.raises(CheckError, match=f"at least {k} different guardians"):
            plan.check_available(n, k)


def test_list_of_decryptions(decrypted: Decrypted) -> None:
    plans = (decrypted.plan, decrypted.plan.model_copy(update={"attempt": 2, "overrides": (OVERRIDE,)}))
    for listed in (DecryptionList(h_e=decrypted.plan.h_e, plans=plans), DecryptionList(h_e=bytes(32), plans=())):
        data = dump(listed)
        assert data.startswith(b'{"format":"e2evote-decryption-list","version":1,"h_e":')
        assert parse(DecryptionList, data, "list") == listed


def stored(statement: object) -> bytes:
    """Store a statement, and take it back from its bytes."""
    data = dump(StoredStatement.of(statement))
    assert parse(StoredStatement, data, "x", TOY_GROUP).statement("x") == statement
    return data


def test_statements_of_every_kind(decrypted: Decrypted, built: BuiltRecord) -> None:
    election, challenged, cast = built.election, built.of_status("challenged")[0], built.of_status("cast")[0]
    nonce = ballot_nonce_statement(election, challenged, "challenged")
    data = contest_data_statement(election, cast, "cast", 1)
    assert b'"contest":1,"option":1,"total":{' in stored(decrypted.statements[0])
    assert b'"contest":0,"sealed":{' in stored(nonce)
    assert b'"contest":1,"sealed":{' in stored(data)
    every = (*decrypted.statements, nonce, data)
    again = [parse(StoredStatement, stored(s), "x", TOY_GROUP).statement("x") for s in every]
    assert statements_hash(election, again) == statements_hash(election, every)


@given(
    key=st.binary(min_size=32, max_size=32),
    numbers=st.tuples(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1)),
    elements=st.tuples(numbers_mod_p(TOY_GROUP), numbers_mod_p(TOY_GROUP)),
    proof=st.builds(SchnorrProof, exponents(TOY_GROUP), exponents(TOY_GROUP)),
    c_1=st.binary(max_size=100),
)
def test_any_statement_comes_back(key: bytes, numbers: tuple, elements: tuple, proof: SchnorrProof, c_1: bytes) -> None:
    """As it was: whether it is what the record has is told by the hash of all of them."""
    tally = TallyStatement(key, *numbers, Ciphertext(*elements))
    data = DataStatement(key, numbers[0] - 1, HashedCiphertext(elements[0], c_1, proof))
    assert stored(tally) != stored(data)


def test_statements_that_are_none(decrypted: Decrypted, built: BuiltRecord) -> None:
    nonce = ballot_nonce_statement(built.election, built.of_status("challenged")[0], "challenged")
    tally, data = StoredStatement.of(decrypted.statements[0]), StoredStatement.of(nonce)
    for wrong in (
        tally.model_copy(update={"option": None}),
        tally.model_copy(update={"total": None}),
        tally.model_copy(update={"sealed": data.sealed}),
        tally.model_copy(update={"total": None, "sealed": data.sealed}),
        data.model_copy(update={"option": 1}),
        data.model_copy(update={"total": tally.total}),
        data.model_copy(update={"sealed": None}),
    ):
        read = parse(StoredStatement, dump(wrong), "statements:3", TOY_GROUP)
        with pytest.raises(ParseError, match="statements:3: expected option and total, or sealed"):
            read.statement("statements:3")
    good = dump(tally)
    for before, after in ((b'"option":1', b'"option":null'), (b'"option":1', b'"option":0'), (b'"}}', b'00"}}')):
        assert before in good
        with pytest.raises(ParseError, match="statements:3"):
            parse(StoredStatement, good.replace(before, after), "statements:3", TOY_GROUP)
    with pytest.raises(CheckError, match="another: a statement of unknown kind"):
        StoredStatement.of(SimpleNamespace(name="another"))
