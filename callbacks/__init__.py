"""The edge: pages, the HTTP interface, sockets and Dash callbacks. Thin: read inputs, call one service, answer."""
