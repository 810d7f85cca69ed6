"""Elections in any order of steps: a few every time, the same ones; hundreds of others when there is time."""

import pytest
from hypothesis import HealthCheck, settings

from tests.matrix.machine import Matrix

FEW, MANY = 6, 300

_common = {
    "stateful_step_count": 40,
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
}


class TestAnyOrder(Matrix.TestCase):
    settings = settings(max_examples=FEW, derandomize=True, **_common)


@pytest.mark.slow
class TestAnyOrderManyTimes(Matrix.TestCase):
    settings = settings(max_examples=MANY, derandomize=False, print_blob=True, **_common)
