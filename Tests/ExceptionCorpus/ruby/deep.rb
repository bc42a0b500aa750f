def fall(depth)
  fall(depth + 1)
end

fall(0)
