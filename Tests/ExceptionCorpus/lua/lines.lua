error("first line\n\tsecond line\nthird")
