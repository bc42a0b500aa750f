defmodule Files do
  def load!(path) do
    {:ok, text} = File.read(path)
    text
  end
end

IO.puts(Files.load!("/gone/file"))
