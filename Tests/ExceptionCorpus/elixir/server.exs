defmodule Counter do
  use GenServer
  def init(value), do: {:ok, value}
  def handle_call(:boom, _from, value), do: {:reply, increase(value, :x), value}
  defp increase(value, step), do: value + step
end

{:ok, pid} = GenServer.start_link(Counter, 1, name: Counter)
IO.inspect(GenServer.call(pid, :boom))
