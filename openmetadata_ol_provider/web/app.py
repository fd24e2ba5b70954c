"""The application that Airflow's API server mounts: pages, the same as JSON, and the two files that pages load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from openmetadata_ol_provider.web import views
from openmetadata_ol_provider.web.access import Access, airflow_access
from openmetadata_ol_provider.web.airflow_runs import AirflowRun, read_dag_run, read_task_instance
from openmetadata_ol_provider.web.delivery import Deliveries
from openmetadata_ol_provider.web.lineage import MOST_STEPS, LineageGraph, Node, lineage_view, published_graph
from openmetadata_ol_provider.web.lineage_picture import picture_of
from openmetadata_ol_provider.web.pages import SECURITY_HEADERS, STATIC, render, static_file
from openmetadata_ol_provider.web.parameters import Parameters, ParametersDep
from openmetadata_ol_provider.web.run_view import run_view
from openmetadata_ol_provider.web.source import read_deliveries, read_ledgers, read_parked, read_summaries


def _session() -> Iterator[Any]:
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        yield session
        # The page reads: nothing is committed, whatever a library may have changed.
        session.rollback()


SessionDep = Annotated[Any, Depends(_session)]
StepsDep = Annotated[int, Query(ge=0, le=MOST_STEPS)]
View = Callable[[Deliveries, Parameters], dict[str, Any]]

#: View -> what it shows. What is not in the receipts is read when the view is asked for.
_VIEWS: dict[str, View] = {
    "": lambda deliveries, _: views.overview(deliveries, read_summaries(deliveries)),
    "runs": lambda deliveries, asked: views.runs(deliveries, asked.search, asked.order, asked.page),
    "jobs": lambda deliveries, asked: views.jobs(deliveries, asked.search.text, asked.order, asked.page),
    "batches": lambda deliveries, asked: views.batches(deliveries, asked.order, asked.page),
    "topics": lambda deliveries, _: views.topics(deliveries, read_summaries(deliveries)),
    "parked": lambda deliveries, asked: views.parked(
        *read_parked(deliveries), asked.search.text, asked.order, asked.page
    ),
    "namespaces": lambda deliveries, asked: views.namespaces(deliveries, asked.search.text, asked.order, asked.page),
    "dead-letters": lambda deliveries, asked: views.dead_letters(deliveries, asked.search.text, asked.page),
}


def create_app(access: Access | None = None) -> FastAPI:
    """Return the application.

    :param access: dependencies that refuse what is not allowed (default: Airflow's permissions)
    """
    access = access or airflow_access()
    # No pages about the routes: they would load scripts from elsewhere. docs/web.md describes them.
    app = FastAPI(title="Lineage delivery", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, _error)
    app.middleware("http")(_with_headers)
    overview = APIRouter(dependencies=list(access.overview))
    for name, view in _VIEWS.items():
        _add_view(overview, name, view)
    _add_lineage(overview)
    app.include_router(overview)
    app.include_router(_run_routes(), dependencies=list(access.dag_run))
    app.include_router(_task_routes(), dependencies=list(access.task_instance))
    app.add_api_route("/static/{name}", _static, dependencies=list(access.signed_in), include_in_schema=False)
    return app


def _add_view(router: APIRouter, name: str, view: View) -> None:
    def page(request: Request, asked: ParametersDep, session: SessionDep) -> HTMLResponse:
        every, chosen = _chosen(session, asked)
        if chosen is None:
            return _page(request, "empty", name, asked, every)
        return _page(request, name or "overview", name, asked, every, view=view(chosen, asked))

    def document(asked: ParametersDep, session: SessionDep) -> JSONResponse:
        every, chosen = _chosen(session, asked)
        keys = [deliveries.owner for deliveries in every]
        return JSONResponse({"state_keys": keys, **(view(chosen, asked) if chosen else {})})

    router.add_api_route(f"/{name}", page, response_class=HTMLResponse)
    router.add_api_route(f"/api/v1/{name or 'overview'}", document)


class _LineageView(NamedTuple):
    """A view of lineage, and the deliveries that it was made from.

    :param chosen: deliveries that were asked for; ``None`` if there are none at all
    """

    every: list[Deliveries]
    chosen: Deliveries | None
    view: dict[str, Any]


def _lineage_view(  # noqa: PLR0917 - FastAPI's way to declare parameters
    asked: ParametersDep,
    session: SessionDep,
    kind: str = "",
    fqn: str = "",
    upstream: StepsDep = 3,
    downstream: StepsDep = 3,
) -> _LineageView:
    every, chosen = _chosen(session, asked)
    focus = Node(kind, fqn) if fqn else None
    graph = published_graph(read_ledgers(chosen), chosen.columns) if chosen else LineageGraph((), ())
    return _LineageView(every, chosen, lineage_view(graph, asked.search.text, focus, upstream, downstream))


LineageDep = Annotated[_LineageView, Depends(_lineage_view)]


def _add_lineage(router: APIRouter) -> None:
    def page(request: Request, asked: ParametersDep, lineage: LineageDep) -> HTMLResponse:
        if lineage.chosen is None:
            return _page(request, "empty", "lineage", asked, lineage.every)
        picture = picture_of(lineage.view, lineage.chosen.site)
        return _page(request, "lineage", "lineage", asked, lineage.every, view=lineage.view, picture=picture)

    def document(lineage: LineageDep) -> JSONResponse:
        return JSONResponse({"state_keys": [deliveries.owner for deliveries in lineage.every], **lineage.view})

    router.add_api_route("/lineage", page, response_class=HTMLResponse)
    router.add_api_route("/api/v1/lineage", document)


def _run_routes() -> APIRouter:
    router = APIRouter()

    def page(request: Request, session: SessionDep, dag_id: str, run_id: str) -> HTMLResponse:
        return _run_page(request, session, read_dag_run(session, dag_id, run_id))

    def document(session: SessionDep, dag_id: str, run_id: str) -> JSONResponse:
        return JSONResponse(_run_document(session, read_dag_run(session, dag_id, run_id)))

    router.add_api_route("/dags/{dag_id}/runs/{run_id}", page, response_class=HTMLResponse)
    router.add_api_route("/api/v1/dags/{dag_id}/runs/{run_id}", document)
    return router


def _task_routes() -> APIRouter:
    router = APIRouter()

    def page(  # noqa: PLR0917 - FastAPI's way to declare parameters
        request: Request, session: SessionDep, dag_id: str, run_id: str, task_id: str, map_index: str = ""
    ) -> HTMLResponse:
        return _run_page(request, session, read_task_instance(session, dag_id, run_id, task_id, _index(map_index)))

    def document(session: SessionDep, dag_id: str, run_id: str, task_id: str, map_index: str = "") -> JSONResponse:
        run = read_task_instance(session, dag_id, run_id, task_id, _index(map_index))
        return JSONResponse(_run_document(session, run))

    path = "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}"
    router.add_api_route(path, page, response_class=HTMLResponse)
    router.add_api_route(f"/api/v1{path}", document)
    return router


def _index(text: str) -> int:
    """Return the number of a mapped instance; -1 for a task that is not mapped, for which Airflow leaves its words."""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _run_document(session: Any, run: AirflowRun | None) -> dict[str, Any]:
    if run is None:
        raise HTTPException(404, "There is no such run.")
    return run_view(run, read_deliveries(session))


def _run_page(request: Request, session: Any, run: AirflowRun | None) -> HTMLResponse:
    view = _run_document(session, run)
    return HTMLResponse(render("run", root=_root(request), airflow=_airflow_root(request), view=view))


def _chosen(session: Any, asked: Parameters) -> tuple[list[Deliveries], Deliveries | None]:
    """Return the deliveries of all state keys, and those that are asked for; ``None`` if there are none at all."""
    every = read_deliveries(session)
    if not asked.state_key:
        return every, every[0] if every else None
    for deliveries in every:
        if deliveries.owner == asked.state_key:
            return every, deliveries
    raise HTTPException(404, "There are no receipts under this state key.")


def _page(
    request: Request, template: str, name: str, asked: Parameters, every: list[Deliveries], **values: Any
) -> HTMLResponse:
    keys = [deliveries.owner for deliveries in every]
    given = {**asked.values, "state_key": asked.state_key or (keys[0] if keys else "")}
    context = {"root": _root(request), "airflow": _airflow_root(request), "name": name, "state_keys": keys}
    return HTMLResponse(render(template, **context, asked=given, **values))


def _static(name: str) -> Response:
    content = static_file(name)
    if content is None:
        raise HTTPException(404, "There is no such file.")
    return Response(content, media_type=STATIC[name], headers={"Cache-Control": "private, max-age=300"})


def _root(request: Request) -> str:
    """Return the path below which this application is mounted."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _airflow_root(request: Request) -> str:
    """Return the path of Airflow itself, one step above."""
    return _root(request).rpartition("/")[0]


async def _with_headers(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _error(request: Request, error: Any) -> Response:
    """Answer a refused request: to a browser with a page, to others with JSON."""
    if "text/html" in request.headers.get("accept", ""):
        text = _REFUSALS.get(error.status_code, str(error.detail))
        page = render("error", root=_root(request), status=error.status_code, text=text)
        return HTMLResponse(page, status_code=error.status_code)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code)


_REFUSALS = {
    401: "Please log in to Airflow.",
    403: "You may not see this. The overview needs permission to read Variables; the tab of a run needs permission to "
    "read its DAG.",
}
