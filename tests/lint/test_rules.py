"""The table of rules: what it says of Ingot, and the page that is made of it."""

from __future__ import annotations

from ingot.lint import TARGETS
from ingot.lint.rule import NO, YES
from ingot.lint.rules import rules
from lint.page import made, written


def test_the_page_is_made_of_the_rules():
    assert written().strip() == made().strip(), "python tests/lint/page.py writes it anew"


def test_a_verdict_is_a_word_or_a_sentence_and_every_rule_says_what_to_write():
    for rule in rules().values():
        assert rule.portable, rule.code
        assert any(rule.verdict(target) != YES for target in TARGETS), rule.code
        assert {rule.verdict(target) for target in TARGETS if " " not in rule.verdict(target)} <= {YES, NO}, rule.code
