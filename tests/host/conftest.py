"""Fixtures of the host's tests."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request):
    return request.param
