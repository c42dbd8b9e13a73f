"""The pages and the interface that they speak to."""
