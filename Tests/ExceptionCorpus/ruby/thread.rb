thread = Thread.new { raise KeyError, "no work" }
begin
  thread.join
rescue KeyError
  puts "main goes on"
end
