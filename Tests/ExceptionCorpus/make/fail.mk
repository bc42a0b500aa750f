all: build/report.txt

build/report.txt:
	@echo generating
	false

other:
	@echo other
