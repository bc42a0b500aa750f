all:
	python3 report.py
