def check
  raise "first line\nsecond line"
end

check
