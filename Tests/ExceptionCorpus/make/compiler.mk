all: broken.o

broken.o: broken.c
	$(CC) -c broken.c -o broken.o
