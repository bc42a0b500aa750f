let load path = open_in path
let () = ignore (load "/gone/file")
