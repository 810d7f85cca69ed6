"""How code is changed: a selection of cosmic-ray's operators, and four of our own that take a check away.

Of cosmic-ray's replacements of one operator by any other those are taken that a mistake would make; the others change
the same place and are found by the same tests.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import parso
from cosmic_ray.operators import (
    binary_operator_replacement,
    boolean_replacer,
    break_continue,
    comparison_operator_replacement,
    exception_replacer,
    number_replacer,
    unary_operator_replacement,
    zero_iteration_for_loop,
)
from cosmic_ray.operators.operator import Example, Operator
from parso.tree import BaseNode, NodeOrLeaf

Position = tuple[tuple[int, int], tuple[int, int]]

_TAKEN = {
    "Eq": "NotEq LtE GtE", "NotEq": "Eq Lt Gt", "Lt": "LtE Gt", "LtE": "Lt GtE", "Gt": "GtE Lt", "GtE": "Gt LtE",
    "Is": "IsNot", "IsNot": "Is", "Add": "Sub", "Sub": "Add", "Mul": "Add", "Div": "Mul", "FloorDiv": "Mul",
    "Mod": "Mul", "Pow": "Mul", "BitOr": "BitAnd", "BitAnd": "BitOr", "LShift": "RShift", "RShift": "LShift",
    "Delete": "Not Invert", "USub": "UAdd",
}  # fmt: skip
"""What is put in place of what."""


class _Own(Operator):
    """An operator that changes a node in at most one way for each of its positions."""

    EXAMPLES: tuple[tuple[str, str], ...] = ()

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return tuple(Example(*example) for example in cls.EXAMPLES)


class DropStatement(_Own):
    """Put ``pass`` in place of a call, a raise, a return, a continue, or an assignment to something that is there."""

    EXAMPLES = (("def f():\n    g()\n", "def f():\n    pass\n"), ("def f():\n    x += 1\n", "def f():\n    pass\n"))

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Position]:
        if node.type == "simple_stmt" and self._droppable(node.children[0]) and _function(node) is not None:
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        dropped = node.children[0]
        node.children[0] = parso.python.tree.Keyword("pass", dropped.start_pos, prefix=dropped.get_first_leaf().prefix)
        return node

    @staticmethod
    def _droppable(statement: NodeOrLeaf) -> bool:
        if statement.type == "expr_stmt":
            target, operator = statement.children[0], statement.children[1]
            augmented = operator.type == "operator" and operator.value != "=" and operator.value.endswith("=")
            return augmented or (operator.type == "operator" and target.type in ("atom_expr", "power"))
        known = ("atom_expr", "power", "raise_stmt", "return_stmt", "yield_expr", "del_stmt")
        return statement.type in known or statement.get_code().strip() in ("return", "raise", "continue")


class DropOperand(_Own):
    """Take one operand of ``and`` or ``or`` away."""

    EXAMPLES = (("x = a and b", "x =  b"),)

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Position]:
        if node.type in ("and_test", "or_test"):
            for operand in node.children[::2]:
                yield operand.start_pos, operand.end_pos

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        at = 2 * index
        del node.children[at : at + 2]
        if at and at >= len(node.children):
            del node.children[-1]
        return node


class DropCondition(_Own):
    """Take the ``if`` of a comprehension away."""

    EXAMPLES = (("x = [a for a in b if a]", "x = [a for a in b]"),)

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Position]:
        if node.type == "comp_if":
            yield node.start_pos, node.end_pos

    def mutate(self, node: BaseNode, index: int) -> None:
        return None


class HoldAlways(_Own):
    """Let a check of the verifier's ledger hold whatever it looks at."""

    EXAMPLES = (('ledger.check("1.A", x, "text")', 'ledger.check("1.A", True, "text")'),)

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Position]:
        if node.type in ("atom_expr", "power"):
            for name, call in zip(node.children[1:], node.children[2:], strict=False):
                arguments = call.children[1] if call.get_code().startswith("(") else None
                if name.get_code().strip() == ".check" and arguments is not None and arguments.type == "arglist":
                    yield arguments.children[2].start_pos, arguments.children[2].end_pos

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        for name, call in zip(node.children[1:], node.children[2:], strict=False):
            if name.get_code().strip() == ".check":
                held = call.children[1].children[2]
                call.children[1].children[2] = parso.python.tree.Keyword("True", held.start_pos, prefix=" ")
        return node


def _function(node: NodeOrLeaf) -> NodeOrLeaf | None:
    """Return the function in which a node stands."""
    while node is not None and node.type != "funcdef":
        node = node.parent
    return node


def _taken(operators: Sequence[type[Operator]]) -> Iterator[type[Operator]]:
    for operator in operators:
        _, before, after = operator.__name__.split("_")
        if after in _TAKEN.get(before, "").split():
            yield operator


OPERATORS: dict[str, Operator] = {
    operator.__name__: operator()
    for operator in chain(
        _taken(tuple(binary_operator_replacement.operators())),
        _taken(tuple(comparison_operator_replacement.operators())),
        _taken(tuple(unary_operator_replacement.operators())),
        (
            boolean_replacer.AddNot,
            boolean_replacer.ReplaceTrueWithFalse,
            boolean_replacer.ReplaceFalseWithTrue,
            boolean_replacer.ReplaceAndWithOr,
            boolean_replacer.ReplaceOrWithAnd,
            break_continue.ReplaceBreakWithContinue,
            break_continue.ReplaceContinueWithBreak,
            exception_replacer.ExceptionReplacer,
            number_replacer.NumberReplacer,
            zero_iteration_for_loop.ZeroIterationForLoop,
            DropStatement,
            DropOperand,
            DropCondition,
            HoldAlways,
        ),
    )
}
