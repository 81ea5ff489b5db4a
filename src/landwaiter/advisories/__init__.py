"""Advisory feeds and the bundle that is compiled of them."""
