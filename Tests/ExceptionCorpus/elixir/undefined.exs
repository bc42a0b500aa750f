IO.puts("before")
Nowhere.to_be_found(1, [2])
