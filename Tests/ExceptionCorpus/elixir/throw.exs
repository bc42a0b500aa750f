defmodule Thrower do
  def go, do: throw({:not_caught, 7})
end
Thrower.go()
