raise "first line\nsecond line\n\n  fourth line"
