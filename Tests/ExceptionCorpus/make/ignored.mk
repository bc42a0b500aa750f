all: a b
a:
	-false
b:
	@false
