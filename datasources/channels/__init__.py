"""Ways to reach somebody who does not look at the screen. Each adapter has one method: `send(message) -> Outcome`."""
