"""What the cross-build refuses before it builds anything."""

from __future__ import annotations

import pytest

from tools import crossbuild


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--with", "canary.c"], "say with --output where it goes"),
        (["--reversed"], "say with --output where it goes"),
        (["--reversed", "--output", "elsewhere", "--sizes"], "--sizes tells of the product"),
        (["--host", "--all"], "not allowed with argument"),
    ],
)
def test_what_is_no_product_does_not_go_where_products_are(words, said, capsys):
    with pytest.raises(SystemExit) as caught:
        crossbuild.main(words)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
