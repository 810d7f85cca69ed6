"""Parameter sets: primes, generators, names."""

import hashlib

import gmpy2
import pytest

from e2evote.errors import CheckError
from e2evote.group.parameters import INSECURE_NAMES, STANDARD, group_named, group_with_prime

NAMES = ("standard-4096", *INSECURE_NAMES)

# SHA-256 of large_prime and generator (512 bytes each) in constants.json of electionguard-kotlin-multiplatform
DIGEST_P = "f76fac50669bdb5b75fe86264378525d336bc1566140a48d76aebf7b0dd19f27"
DIGEST_G = "77fbd493a68fb3e3d24d7c25608a61be021bb6749567b08e664d093bb32ded77"


@pytest.mark.parametrize("name", NAMES)
def test_parameters(name: str) -> None:
    """p = qr + 1, p and q prime, r/2 prime, g = 2^r mod p of order q.

    Spec: EG-2.1 §3.1.1, eq. 3
    """
    group = group_named(name)
    assert group.p == group.q * group.r + 1
    assert all(gmpy2.is_prime(x, 10) for x in (group.p, group.q, group.r // 2))
    assert group.generator == gmpy2.powmod(2, group.r, group.p)
    assert gmpy2.powmod(group.generator, group.q, group.p) == 1 != group.generator


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("toy")])
def test_names_state_the_sizes(name: str) -> None:
    group = group_named(name)
    assert name == f"toy-{group.q.bit_length()}-{group.p.bit_length()}"


def test_standard_prime_is_the_published_one() -> None:
    """256 ones, then ln 2, then 256 ones; SHA-256 of p and g as a second implementation has them.

    Spec: EG-2.1 §3.1.1, eq. 3
    """
    text = f"{STANDARD.p:X}"
    assert len(text) == 1024
    assert text.startswith("F" * 64 + "B17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A0D175B8BAAFA2B")
    assert text.endswith("F" * 64)
    assert STANDARD.q == 2**256 - 189
    digests = [hashlib.sha256(bytes(STANDARD.element(int(x)))).hexdigest() for x in (STANDARD.p, STANDARD.generator)]
    assert digests == [DIGEST_P, DIGEST_G]


def test_a_set_is_found_by_its_prime() -> None:
    for name in NAMES:
        assert group_with_prime(int(group_named(name).p)) == group_named(name)
    assert group_with_prime(int(STANDARD.p) + 2) is None


@pytest.mark.parametrize("name", ["", "large", "standard", "toy", "zero"])
def test_unknown_name(name: str) -> None:
    with pytest.raises(CheckError, match=f"no parameter set is called '{name}'"):
        group_named(name)
