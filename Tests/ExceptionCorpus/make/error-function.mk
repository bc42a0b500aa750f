ifndef TARGET
$(error TARGET is not set, use make TARGET=name)
endif
all:
