defmodule Ratio do
  def of(a, b), do: a / b
  def all(list), do: Enum.map(list, fn x -> of(x, 0) end)
end

IO.inspect(Ratio.all([1, 2]))
