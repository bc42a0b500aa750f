defmodule Importer do
  def run(path) do
    IO.puts("importing #{path}")
    config = read(path)
    {:ok, config}
  end

  defp read(path) do
    if path != "", do: raise("cannot open #{path}")
    :none
  end
end

{:ok, _} = Importer.run("/etc/shop.conf")
