task = Task.async(fn -> Map.fetch!(%{a: 1}, :b) end)
IO.inspect(Task.await(task))
