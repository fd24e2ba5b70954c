"""Tables of lakes: what is said of their catalog is no other table's name."""

from __future__ import annotations

from tests.support import PG, Json, arrows, dataset, plan_of, run_event, symlinks, translated

LAKE = ("warehouse/sales/orders", "s3://lake")
JDBC = {"framework": "iceberg", "type": "jdbc", "name": "lake", "metadataUri": "jdbc:postgresql://db:5432/shop"}


def iceberg(**catalog: str) -> Json:
    """Return an Iceberg table with the symlink that Spark's JDBC catalog gives it."""
    link = symlinks((PG, "shop.sales.orders", "TABLE"))
    return dataset(*LAKE, symlinks=link, **({"catalog": catalog} if catalog else {}))


def test_a_table_is_not_the_one_of_that_name_in_the_database_that_keeps_its_catalog() -> None:
    event = run_event(inputs=[dataset("shop.sales.orders")], outputs=[iceberg(**JDBC)])
    first = translated(event)
    assert arrows(first.plan) == ["shop.sales.orders -> warehouse/sales/orders"]
    assert first.plan.problems == ()
    # Nor is that name remembered for events with the path alone.
    later = run_event(run_id="later", inputs=[dataset(*LAKE)], outputs=["out"])
    (found,) = [one for one in translated(later, state=first.state).plan.datasets if one.name == LAKE[0]]
    assert [identity.kind for identity in found.identities] == ["container"]


def test_another_catalog_may_be_kept_by_such_a_database() -> None:
    for item in (iceberg(), iceberg(framework="hive", type="jdbc")):
        event = run_event(inputs=[dataset("shop.sales.orders")], outputs=[item])
        assert plan_of(event).edges == ()
