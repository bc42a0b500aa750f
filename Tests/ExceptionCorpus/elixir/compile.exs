defmodule Broken do
  def run, do: undefined_function(1)
end
