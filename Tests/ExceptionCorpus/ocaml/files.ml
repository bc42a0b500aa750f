let () = ignore (Unix.openfile "/gone/file" [ Unix.O_RDONLY ] 0)
