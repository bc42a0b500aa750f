defmodule Broken do
  def run do
    [1, 2
  end
end
