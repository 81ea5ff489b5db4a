"""From layers to packages: the facts of a layer, and the inventory that the layers' facts make."""
