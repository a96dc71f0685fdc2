"""Rules and columns by table: what the factories read."""

REGIONS = ("north", "south", "west")
RULES = {"has_id": "id IS NOT NULL", "has_amount": "amount IS NOT NULL"}
MEASURES = {"total": "sum(amount)", "largest": "max(amount)", "rows": "count(*)"}


def condition(rules):
    return " AND ".join(f"({rule})" for rule in rules.values())
