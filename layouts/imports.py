"""Where the browser finds the libraries that our modules import by name."""

IMPORT_MAP = (
    '<script type="importmap">{"imports":{"lit-html":"/assets/vendor/lit-html.mjs",'
    '"socket.io-client":"/assets/vendor/socket.io.mjs"}}</script>'
)
INDEX = f"""<!DOCTYPE html>
<html lang="zh-CN"><head>{{%metas%}}<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{%title%}}</title><link rel="icon" href="/assets/icon.svg">{{%css%}}{IMPORT_MAP}
<script type="module" src="/assets/js/wall.mjs"></script></head>
<body>{{%app_entry%}}<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer></body></html>"""
"""The page around the wall, for Dash."""
