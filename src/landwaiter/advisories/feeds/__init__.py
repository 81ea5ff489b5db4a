"""One module for each feed; `registry` lists them."""
