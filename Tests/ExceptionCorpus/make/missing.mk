all: gone.c
	echo $<
