"""The demo city: Chengdu's real divisions and district boundaries, and generated life inside them."""
