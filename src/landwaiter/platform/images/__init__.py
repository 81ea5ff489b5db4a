"""Images, layers and packages as the platform keeps them."""
