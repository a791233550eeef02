"""The dashboard: reads agent.views, writes nothing but the status of a recommendation."""
