all:
	$(MAKE) -C sub
