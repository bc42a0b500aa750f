local orders = { { id = 4711 } }

local function total(order)
  return order.lines.sum
end

local function report(list)
  local sum = 0
  for _, order in ipairs(list) do
    sum = sum + total(order)
  end
  return sum
end

print(report(orders))
