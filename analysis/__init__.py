"""Statistics of ratings and metrics: tables in, tables and figures out."""
