"""Computations that ask for powers, and may ask together.

A ``Computation`` is a generator: it yields a ``Request`` for all values it needs next and is sent the ``Response``. So
the equations and their order stay in one function, and how many run side by side is the caller's choice: ``compute``
runs one, ``together`` makes one of many. In the batch that results, powers of one base share its squarings, and a
backend works on several numbers at once.

Functions that return a computation are named for the doing (``proving``, ``verifying``); what a verb names (``prove``,
``verify``) is done when the function returns. A computation that nobody runs has verified nothing.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from typing import TypeAlias, TypeVar

from gmpy2 import mpz

from e2evote.group.backends.protocol import Answer, Job, Row
from e2evote.group.elements import Element, Group
from e2evote.group.powers import FixedBase, NewBase, Product

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Request:
    """Values to compute, and bases to test for membership. Elements among the values are returned as they are."""

    values: Sequence[Element | Product]
    members: Sequence[NewBase] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """The values as elements, and for every base whether x^q mod p = 1 and 0 < x < p, both in the order asked."""

    values: Sequence[Element]
    members: Sequence[bool]


Computation: TypeAlias = Generator[Request, Response, R]


def compute(computation: Computation[R]) -> R:
    """Run a computation to its end and return its result."""
    try:
        request = next(computation)
        while True:
            request = computation.send(evaluate(request))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def together(computations: Iterable[Computation[R]]) -> Computation[list[R]]:
    """Run computations side by side: what each asks for next is asked for all at once. Results come in order."""
    running = list(computations)
    results: dict[int, R] = {}
    requests: dict[int, Request] = {}

    def advance(index: int, response: Response | None) -> None:
        try:
            requests[index] = next(running[index]) if response is None else running[index].send(response)
        except StopIteration as stop:
            requests.pop(index, None)
            results[index] = stop.value

    for index in range(len(running)):
        advance(index, None)
    while requests:
        asked = list(requests.items())
        values = [value for _, request in asked for value in request.values]
        members = [member for _, request in asked for member in request.members]
        response = yield Request(values, members)
        first_value = first_member = 0
        for index, request in asked:
            last_value, last_member = first_value + len(request.values), first_member + len(request.members)
            part = Response(response.values[first_value:last_value], response.members[first_member:last_member])
            first_value, first_member = last_value, last_member
            advance(index, part)
    return [results[index] for index in range(len(running))]


def evaluate(request: Request) -> Response:
    """Compute one request as a batch."""
    plan = _Plan()
    places = [value if isinstance(value, Element) else plan.place(value) for value in request.values]
    for base in request.members:
        plan.test(base)
    return plan.response(places, request.members)


Place: TypeAlias = tuple[NewBase | None, int]


class _Plan:
    """The jobs that a request comes to: one for each new base, with its rows, and one for rows from tables alone."""

    def __init__(self) -> None:
        self.rows: dict[NewBase | None, list[Row]] = {}
        self.tested: set[NewBase] = set()
        self.group: Group | None = None

    def place(self, product: Product) -> list[Place]:
        """Add the rows of a product, each with at most one base of either kind, and return where they stand."""
        return [self._row(*factors) for factors in zip_longest(product.fixed, product.new)]

    def _row(self, fixed: tuple[FixedBase, mpz] | None, new: tuple[NewBase, mpz] | None) -> Place:
        base, c = new or (None, None)
        rows = self.rows.setdefault(base, [])
        if fixed is None:
            rows.append(Row(c=c))
        else:
            self.group = fixed[0].element.group
            rows.append(Row(fixed[0].table, fixed[1], c))
        return base, len(rows) - 1

    def test(self, base: NewBase) -> None:
        """Note that a base is to be tested for membership."""
        self.tested.add(base)
        self.rows.setdefault(base, [])

    def response(self, places: Sequence[Element | list[Place]], members: Sequence[NewBase]) -> Response:
        """Have the jobs done and put the response together."""
        group = self.group or next((base.element.group for base in self.rows if base is not None), None)
        if group is None:
            return Response([place for place in places if isinstance(place, Element)], ())
        jobs = [self._job(group, base, rows) for base, rows in self.rows.items()]
        answers = dict(zip(self.rows, group.backend.evaluate(jobs), strict=True))
        values = [place if isinstance(place, Element) else _value(group, answers, place) for place in places]
        return Response(values, [0 < base.element.value < group.p and answers[base].member for base in members])

    def _job(self, group: Group, base: NewBase | None, rows: list[Row]) -> Job:
        # a number outside 0…p−1 is no member, whatever its powers are
        return Job(None if base is None else base.element.value % group.p, tuple(rows), base in self.tested)


def _value(group: Group, answers: Mapping[NewBase | None, Answer], places: Sequence[Place]) -> Element:
    parts = [answers[base].values[index] for base, index in places]
    return Element(parts[0] if len(parts) == 1 else reduce(lambda x, y: x * y % group.p, parts, mpz(1)), group)


def are_members(elements: Sequence[Element]) -> Sequence[bool]:
    """Tell of every element whether 0 < x < p and x^q mod p = 1."""
    return evaluate(Request((), [NewBase(element) for element in elements])).members


def products(columns: Sequence[Sequence[Element]]) -> list[Element]:
    """Return the product of every column of at least one element."""
    if not columns:
        return []
    group = columns[0][0].group
    found = group.backend.products([[element.value % group.p for element in column] for column in columns])
    return [Element(value, group) for value in found]
