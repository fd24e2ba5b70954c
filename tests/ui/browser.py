"""One user's browser window: Airflow around the page, and the page in its frame."""

from __future__ import annotations

from typing import Any

from typing_extensions import Self

from tests.ui.deployment import Deployment

#: Name of the cookie that Airflow's own login sets.
_COOKIE = "_token"
#: Milliseconds that anything may take: the machine may be busy.
_PATIENCE = 300_000


class View:
    """A window.

    :param browser: the running browser
    :param deployment: the Airflow that is looked at
    :param role: user who is logged in; ``None``: nobody
    :param theme: theme that the user has chosen in Airflow
    """

    def __init__(self, browser: Any, deployment: Deployment, role: str | None, theme: str) -> None:
        self.deployment = deployment
        #: What the browser has complained about, the page's own errors among it.
        self.complaints: list[str] = []
        #: Addresses outside Airflow that were asked for.
        self.elsewhere: list[str] = []
        self._context = browser.new_context(viewport={"width": 1440, "height": 900})
        self._context.set_default_timeout(_PATIENCE)
        if role is not None:
            cookie = {"name": _COOKIE, "value": deployment.token(role), "url": deployment.url}
            self._context.add_cookies([cookie])
        self._context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        self.page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("dialog", self._refuse)
        self.page.on("request", self._note)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def open(self, path: str) -> None:
        """Open a path of Airflow."""
        self.page.goto(f"{self.deployment.url}/{path.lstrip('/')}")

    @property
    def frame(self) -> Any:
        """The frame with the page."""
        return self.page.frame_locator("iframe")

    @property
    def document(self) -> Any:
        """What the frame shows now, for questions that locators cannot ask."""
        return self.page.locator("iframe").element_handle().content_frame()

    def wait_for(self, awaited: Any) -> Any:
        """Wait for a part of a new document and for the rest of it, and return the frame."""
        awaited.wait_for()
        # The browser shows the beginning of a long document while it reads the rest.
        self.document.wait_for_load_state()
        return self.frame

    def delivery(self) -> Any:
        """Open the page by Airflow's own menu entry, and return its frame."""
        self.open("plugin/lineage_delivery")
        return self.wait_for(self.frame.locator("main h1"))

    def click(self, name: str) -> Any:
        """Go to a view of the page, the one that is shown too, and return the frame."""
        # The view that is shown and its reload have one heading: without a mark, the old document would be looked at.
        self.frame.locator("html").evaluate("document => document.dataset.left = 'true'")
        self.frame.get_by_role("navigation", name="Views").get_by_role("link", name=name, exact=True).click()
        return self.wait_for(self.frame.locator("html:not([data-left]) main h1", has_text=name))

    def run(self, dag_id: str, task_id: str = "", *, map_index: int | None = None) -> Any:
        """Open the tab of a DAG run or task instance, and return its frame."""
        path = f"dags/{dag_id}/runs/{self.deployment.runs[dag_id]}"
        if task_id:
            mapped = "" if map_index is None else f"/mapped/{map_index}"
            self.open(f"{path}/tasks/{task_id}{mapped}/plugin/lineage_of_task")
        else:
            self.open(f"{path}/plugin/lineage_of_run")
        return self.wait_for(self.frame.locator("main"))

    def _hear(self, message: Any) -> None:
        # Airflow's own page has warnings of its own, different ones in each version.
        is_ours = "/openmetadata-ol/" in message.location.get("url", "") or "Content Security" in message.text
        if is_ours and message.type in {"error", "warning"} and "sandbox attribute" not in message.text:
            self.complaints.append(message.text)

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.deployment.url, "data:", "blob:")):
            self.elsewhere.append(request.url)
