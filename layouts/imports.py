"""Where the browser finds the libraries that our modules import by name."""

import json

VENDOR = {
    "lit-html": "lit-html.mjs",
    "socket.io-client": "socket.io.mjs",
    "maplibre-gl": "maplibre-gl.mjs",
    "@maplibre/maplibre-gl-leaflet": "maplibre-gl-leaflet.mjs",
    "@mapbox/vector-tile": "vector-tile.mjs",
    "@mapbox/point-geometry": "point-geometry.mjs",
    "pbf": "pbf.mjs",
}
_IMPORTS = {name: f"/assets/vendor/{file}" for name, file in VENDOR.items()} | {"leaflet": "/assets/js/map/leaflet.mjs"}
IMPORTS = json.dumps({"imports": _IMPORTS}, separators=(",", ":"))
"""The import map itself: its hash stands in the content policy."""
IMPORT_MAP = f'<script type="importmap">{IMPORTS}</script>'
INDEX = f"""<!DOCTYPE html>
<html lang="zh-CN"><head>{{%metas%}}<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{%title%}}</title><link rel="icon" href="/assets/icon.svg">{{%css%}}{IMPORT_MAP}
<script type="module" src="/assets/js/wall.mjs"></script></head>
<body>{{%app_entry%}}<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer></body></html>"""
"""The page around the wall, for Dash."""
