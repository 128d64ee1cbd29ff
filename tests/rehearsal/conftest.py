"""Assertions of helpers say what they compared, as those of tests do."""

import pytest

pytest.register_assert_rewrite("tests.rehearsal.moto_round")
