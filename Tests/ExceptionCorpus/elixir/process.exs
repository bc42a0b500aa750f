defmodule Worker do
  def run(list), do: hd(list) + 1
end

pid = spawn(fn -> Worker.run([]) end)
reference = Process.monitor(pid)

receive do
  {:DOWN, ^reference, _, _, _} -> :ok
end

Process.sleep(100)
IO.puts("went on")
