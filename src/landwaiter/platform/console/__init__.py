"""The console: server-rendered pages over the domain services. They work without JavaScript."""
