"""The pictures of runs and studies, and how their files are read; tools/plot_run.py and Run.plot() draw them."""
