"""What nobody should send: arbitrary requests and socket messages. A short form runs in `make test`, 100,000 cases in `make torture`."""
