error "first line
second line
third line"
