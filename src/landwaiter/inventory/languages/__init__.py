"""The packages of language ecosystems, one module an ecosystem."""
