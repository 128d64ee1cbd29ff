"""The API's routes: jobs, and what operators ask."""
