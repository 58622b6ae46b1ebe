"""docs/scale.md says what its measurements and formulas give."""

from __future__ import annotations

import pytest

from tools.scale import arithmetic
from tools.scale.arithmetic import Load, Post
from tools.scale.page import PAGE, filled
from tools.scale.recorded import recorded

POST = Post(worker=20, temporal=15, postgres=8, commits=6, actions=3, waiting=1_500, ended=3_000, stored=20_000)


def test_the_tables_are_fresh() -> None:
    page = PAGE.read_text()
    assert page == filled(page, recorded()), "Run .venv/bin/python -m tools.scale.page"
    assert page.count("<!-- end -->") == 4


def test_every_number_of_workers_was_measured() -> None:
    measured = {(row["workers"], row["posts"]) for row in recorded()["bursts"]}
    assert measured >= {(workers, posts) for workers in (1, 4) for posts in (100, 400)}


@pytest.mark.parametrize(("millions", "price"), [(0, 0.0), (1, 50.0), (11.25, 525.0), (200, 5925.0)])
def test_actions_cost_what_temporals_page_says(millions: float, price: float) -> None:
    # 11.25 million is the example of that page.
    assert arithmetic.actions_price(millions) == pytest.approx(price)


def test_a_volume_without_a_public_price_has_none() -> None:
    with pytest.raises(ValueError, match="no public price for 201 million"):
        arithmetic.actions_price(201)


def test_storage_costs_what_temporals_page_says() -> None:
    assert arithmetic.storage_price(720, 3_600) == pytest.approx(34.02)


def test_the_peak_decides_how_many_cores() -> None:
    # 600 posts in a minute are 10 a second; of 20 ms each they are 0.2 cores, of which 70 % are used.
    assert arithmetic.cores(Load(10_000, 600), POST.worker) == pytest.approx(0.2 / 0.7)


def test_a_month_at_temporal_cloud_is_the_sum_of_its_parts() -> None:
    load = Load(1_000_000, 10_000, retention_days=31)
    assert arithmetic.actions_a_month(load, POST) == pytest.approx(3_300_000)
    assert arithmetic.active_gigabytes(load, POST) == pytest.approx(1.5)
    assert arithmetic.retained_gigabytes(load, POST) == pytest.approx(3.0)
    usage = 3.3 * 50 + 1.5 * 744 * 0.042 + 3 * 744 * 0.00105
    assert arithmetic.developer_bill(load, POST) == pytest.approx(usage * 1.1)
    # 0.8 million actions beyond what the plan includes; both kinds of storage are within it.
    assert arithmetic.business_bill(load, POST) == pytest.approx(0.8 * 50 + 500)
