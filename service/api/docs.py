"""`/docs`: the API's documentation, to be tried out in a browser."""

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse

from service.api.direct import DirectRoute
from service.page.defence import POLICY_HEADER, docs_policy

FILES = "/static-offline-docs"

router = APIRouter(route_class=DirectRoute)


@router.get("/docs", include_in_schema=False)
async def read_docs(request: Request) -> HTMLResponse:
    """Swagger UI, from this server's own files."""
    root, api = request.scope["root_path"], request.app
    page = get_swagger_ui_html(
        openapi_url=f"{root}{api.openapi_url}",
        title=api.title,
        swagger_js_url=f"{root}{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{FILES}/swagger-ui.css",
        swagger_favicon_url=f"{root}{FILES}/favicon.png",
    )
    page.headers[POLICY_HEADER] = docs_policy(bytes(page.body).decode())
    return page
