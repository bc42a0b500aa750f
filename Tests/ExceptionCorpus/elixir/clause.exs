defmodule Shape do
  def area({:square, side}), do: side * side
  def area({:circle, radius}) when radius > 0, do: 3.14 * radius * radius
end

IO.inspect(Shape.area({:triangle, 3, 4}))
