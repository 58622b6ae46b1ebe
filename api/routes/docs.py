"""The OpenAPI page. Every asset is served by us, so no third party learns who reads it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, HTMLResponse, JSONResponse
from swagger_ui_bundle import swagger_ui_path

from api.auth import not_found
from api.documentation import HERE
from api.openapi30 import as_openapi_30

router = APIRouter(prefix="/docs/api", include_in_schema=False)

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
# Our colours, over those of Swagger UI.
OURS = HERE / "assets" / "reference.css"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Munadi API</title>
<link rel="icon" href="api/assets/favicon-32x32.png">
<link rel="stylesheet" href="api/assets/swagger-ui.css">
<link rel="stylesheet" href="api/assets/reference.css">
</head>
<body>
<nav class="back" aria-label="Munadi"><a href="/docs/">Documentation</a> <a href="/contents">Dashboard</a></nav>
<div id="page"></div>
<script src="api/assets/swagger-ui-bundle.js"></script>
<script src="api/assets/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: 'api/openapi-3.0.json', dom_id: '#page', deepLinking: true, docExpansion: 'list', validatorUrl: null,
  defaultModelsExpandDepth: 0
})
"""


@router.get("")
async def show_page() -> Response:
    """The page."""
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@router.get("/openapi-3.0.json")
async def show_document(request: Request) -> Response:
    """Our document as OpenAPI 3.0, the version that the page can read."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(as_openapi_30(document))


@router.get("/assets/{name}")
async def show_asset(name: str) -> Response:
    """One of the page's own files."""
    if name == "start.js":
        return Response(START, media_type="text/javascript")
    if name == OURS.name:
        return FileResponse(OURS, media_type="text/css")
    if name not in ASSETS:
        raise not_found("asset", name)
    headers = {"Cache-Control": "public, max-age=86400"}
    return FileResponse(swagger_ui_path / name, media_type=ASSETS[name], headers=headers)
