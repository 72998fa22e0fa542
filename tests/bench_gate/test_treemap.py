"""A treemap's tiles fill it exactly, to scale, without overlapping, and their names are safe to show."""

from __future__ import annotations

import pytest

from bench import treemap
from bench.treemap import Part
from tests.bench_gate.planted import PARTS, SECTIONS

LISTS = [PARTS, SECTIONS, {"one": 7}, {"a": 1, "b": 1, "c": 1}, {f"n{n}": 2.0**n for n in range(24)}]


@pytest.mark.parametrize("sizes", LISTS)
def test_areas_are_to_scale_and_fill_the_whole(sizes):
    found = treemap.tiles([Part(name, size, None) for name, size in sizes.items()])
    total = sum(sizes.values())
    assert sum(tile.width * tile.height for tile in found) == pytest.approx(10_000)
    for tile in found:
        assert tile.width * tile.height == pytest.approx(10_000 * tile.part.new / total)
        assert -1e-9 <= tile.x <= tile.x + tile.width <= 100 + 1e-9
        assert -1e-9 <= tile.y <= tile.y + tile.height <= 100 + 1e-9


@pytest.mark.parametrize("sizes", LISTS)
def test_tiles_do_not_overlap(sizes):
    found = treemap.tiles([Part(name, size, None) for name, size in sizes.items()])
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert min(width, height) <= 1e-6


def test_what_is_tiny_is_put_together():
    found = treemap.tiles(
        [Part("large", 100_000, 100_000), Part("a", 10, 8), Part("b", 20, None), Part("none", 0, 0)]
    )
    assert [tile.part for tile in found] == [Part("large", 100_000, 100_000), Part("2 smaller", 30, 8)]


def test_nothing_has_no_drawing():
    assert treemap.tiles([]) == []
    assert treemap.svg([Part("a", 0, None)], "empty") == ""


def test_growth_is_shown_and_names_are_escaped():
    drawn = treemap.svg([Part("<b>&", 2_000_000, 1_900_000), Part("steady", 1_000_000, 1_000_000)], 'a "map"')
    assert "<b>" not in drawn
    assert "&lt;b&gt;&amp;: 2 MB, 66.7% of the whole, +100 kB" in drawn
    assert "steady: 1 MB, 33.3% of the whole</title>" in drawn
    assert 'aria-label="a &quot;map&quot;"' in drawn


def test_a_label_is_cut_off_or_left_out_where_it_does_not_fit():
    name = "a name that is rather long"
    assert f">{name}</text>" in treemap.svg([Part(name, 100, None)], "map")
    beside = treemap.svg([Part(name, 12, None), Part("b", 88, None)], "map")
    assert ">a name that…</text>" in beside
    assert 'class="name' not in treemap.svg([Part(f"{name} {n}", 100, None) for n in range(200)], "map")


def test_a_size_is_shown_whole_or_without_its_growth():
    drawn = treemap.svg([Part("a", 130_300, 10_000), Part("b", 1_000_000, 1_000_000)], "map")
    assert ">130.3 kB</text>" in drawn
    assert ">1 MB</text>" in drawn


def test_the_legend_names_every_tile_in_its_colour():
    assert treemap.legend([Part("<b>", 200, 150), Part("c", 100, 100)]) == (
        '<ul class="parts"><li class="hue0"><b>&lt;b&gt;</b> 200 B +50 B</li><li class="hue1"><b>c</b> 100 B</li></ul>'
    )
    assert treemap.legend([]) == ""
