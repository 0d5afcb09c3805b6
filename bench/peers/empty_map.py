"""The least that dash-leaflet can be: an empty map; and one callback that returns as many bytes as it is asked for."""

import dash_leaflet as dl
from dash import Dash, Input, Output, dcc, html

app = Dash(__name__, update_title="")
app.layout = html.Div(
    [
        dl.Map(id="map", center=[30.66, 104.06], zoom=9, style={"height": "90vh"}),
        dcc.Input(id="bytes", type="number", value=0),
        html.Button("go", id="go", n_clicks=0),
        html.Pre(id="out", style={"height": "40px", "overflow": "hidden"}),
    ]
)


@app.callback(Output("out", "children"), Input("go", "n_clicks"), Input("bytes", "value"), prevent_initial_call=True)
def answer(clicks: int, size: int) -> str:
    """As many bytes as asked for, different each time."""
    return f"{clicks} {size} " + "x" * int(size or 0)


server = app.server
