"""Conditions as a sentence, for people. Pure."""

from routing.conditions import FIELDS, LISTS, OPERATORS, WITHOUT_VALUE, Condition, Group, Item

FIELD_WORDS, OPERATOR_WORDS = dict(FIELDS), dict(OPERATORS)
ALWAYS = "Always: there is no condition."


def sentence(group: Group) -> str:
    """If Customer First Message contains “invoice” or Contact: Last Name equals “Meier”."""
    return f"If {said(group)}." if group.items else ALWAYS


def said(item: Item) -> str:
    """An item without “If”; groups within groups stand in parentheses."""
    if isinstance(item, Condition):
        return _row(item)
    joint = " and " if item.match == "all" else " or "
    return joint.join(
        f"({said(one)})" if isinstance(one, Group) and len(one.items) > 1 else said(one) for one in item.items
    )


def _row(condition: Condition) -> str:
    field = FIELD_WORDS.get(condition.field, "…")
    operator = OPERATOR_WORDS.get(condition.operator, "…").lower()
    if condition.operator in WITHOUT_VALUE:
        return f"{field} {operator}"
    if condition.operator in LISTS:
        return f"{field} {operator} {_listed(condition.values)}"
    return f"{field} {operator} “{condition.value}”"


def _listed(values: tuple[str, ...]) -> str:
    quoted = [f"“{value}”" for value in values or ("",)]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
