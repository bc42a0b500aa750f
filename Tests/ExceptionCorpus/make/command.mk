all:
	frobnicate --all
