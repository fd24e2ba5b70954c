"""The children of a container, page by page."""

from __future__ import annotations

from catalogue_http import Http


def test_the_children_of_a_container_are_listed_in_pages(http: Http) -> None:
    parent = http.reference("container", "containers", "s3.lake")
    for name in ("b", "c.d"):
        assert http.put("containers", {"name": name, "service": "s3", "parent": parent}).status_code == 201
    listed = http.get("containers/name/s3.lake/children", limit=100).json()
    names = [child["fullyQualifiedName"] for child in listed["data"]]
    assert names == sorted(names)
    assert {"s3.lake.b", 's3.lake."c.d"', "s3.lake.raw"} <= set(names)
    assert listed["paging"]["total"] == len(names)
    page = http.get("containers/name/s3.lake/children", limit=1, offset=1).json()
    assert [child["fullyQualifiedName"] for child in page["data"]] == names[1:2]
    assert "dataModel" not in listed["data"][0]


def test_a_deleted_container_is_not_a_child(http: Http) -> None:
    http.delete("containers/name/s3.lake.raw", recursive="true")
    listed = http.get("containers/name/s3.lake/children").json()["data"]
    assert "s3.lake.raw" not in {child["fullyQualifiedName"] for child in listed}


def test_a_container_that_does_not_exist_has_no_children(http: Http) -> None:
    assert http.get("containers/name/s3.none/children").status_code == 404
