config = %{host: "db"}
IO.puts(config.port)
