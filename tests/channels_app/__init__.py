import pytest

# Its asserts say as much as those of the tests that inherit them.
pytest.register_assert_rewrite("tests.channels_app.contract")
